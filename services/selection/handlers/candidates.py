"""Keeps up with what applications tells: editions, challenges, teams, and who is in the running."""

from sqlmodel import col, select

from services.selection import repository
from services.selection.commands import (
    CloseCandidate,
    KeepQuestions,
    PassLead,
    RecordCandidate,
    RecordTeam,
    RegisterChallenge,
    RegisterEdition,
)
from services.selection.domain.reviews import ReviewState, step
from services.selection.handlers.conflicts import take_file_from
from services.selection.handlers.inference import infer_for_files
from services.selection.models import CallForm, Candidate, Challenge, Edition
from services.selection.ties import hold_ties
from shared.events.selection import ReviewCancelled
from shared.work import Work

SUBMITTED, ADMITTED, DECLINED, WITHDRAWN = "submitted", repository.ADMITTED, "declined", "withdrawn"


async def register_edition(command: RegisterEdition, work: Work) -> None:
    """Pages know what an edition is called, and in which zone its times are told."""
    edition = await work.session.get(Edition, command.edition_id)
    if edition is None:
        edition = Edition(id=command.edition_id, city=command.city, zone=command.zone, title=dict(command.title))
        work.session.add(edition)
    edition.city, edition.zone, edition.title = command.city, command.zone, dict(command.title)


async def register_challenge(command: RegisterChallenge, work: Work) -> None:
    """A challenge can now have its jury."""
    challenge = await repository.challenge(work.session, command.challenge_id)
    if challenge is None:
        challenge = Challenge(
            id=command.challenge_id, edition_id=command.edition_id, partner=command.partner, title=dict(command.title)
        )
        work.session.add(challenge)
    challenge.partner = command.partner
    challenge.title = dict(command.title)


async def keep_questions(command: KeepQuestions, work: Work) -> None:
    """Answers are read under what was asked. No question leaves a form that is open, so the newest version has all."""
    form = await work.session.get(CallForm, command.call_id)
    if form is None:
        form = CallForm(id=command.call_id, number=0, sections=[])
        work.session.add(form)
    if command.number >= form.number:
        form.number, form.sections = command.number, [dict(section) for section in command.sections]


async def record_candidate(command: RecordCandidate, work: Work) -> None:
    """Remember the newest of what was handed in; once withdrawn, an application never comes back."""
    await hold_ties(work.session, shared=True)
    candidate = await repository.file_to_take_away(work.session, command.application_id)
    if candidate is None:
        candidate = Candidate(
            id=command.application_id,
            edition_id=command.edition_id,
            call_id=command.call_id,
            challenge_ids=list(command.challenge_ids),
            revision=command.revision,
            state=SUBMITTED,
        )
        work.session.add(candidate)
    if command.revision >= candidate.revision:
        candidate.revision = command.revision
        candidate.challenge_ids = list(command.challenge_ids)
    candidate.team_id = command.team_id or candidate.team_id
    candidate.lead_id = command.lead_id or candidate.lead_id
    if command.admitted and candidate.state != WITHDRAWN:
        candidate.state = ADMITTED
    if command.team_id is not None:
        people = [*command.member_ids, *([command.lead_id] if command.lead_id else [])]
        await repository.add_team_members(work.session, command.team_id, people)
    await infer_for_files(work, [candidate])


async def pass_lead(command: PassLead, work: Work) -> None:
    """Somebody else of the team leads from now on, and may read its result."""
    await hold_ties(work.session, shared=True)
    candidate = await repository.file_to_take_away(work.session, command.application_id)
    if candidate is not None:
        candidate.lead_id = command.lead_id


async def close_candidate(command: CloseCandidate, work: Work) -> None:
    """Take the file out of the running and out of the jurors' hands; a draft was never in them."""
    await hold_ties(work.session, shared=True)
    candidate = await repository.file_to_take_away(work.session, command.application_id)
    if candidate is None or candidate.state == WITHDRAWN:
        return
    candidate.state = WITHDRAWN if command.withdrawn else DECLINED
    for review in await repository.live_reviews(work.session, application_ids=[candidate.id]):
        if review.state != ReviewState.ASSIGNED:
            continue
        review.state = step(review.state, ReviewState.CANCELLED)
        work.publish(
            ReviewCancelled(
                review_id=review.id,
                application_id=review.application_id,
                challenge_id=review.challenge_id,
                juror_id=review.juror_id,
            )
        )


async def record_team(command: RecordTeam, work: Work) -> None:
    """Who joins a team can't judge its file any longer."""
    await hold_ties(work.session, shared=True)
    await repository.add_team_members(work.session, command.team_id, command.person_ids)
    query = select(Candidate).where(Candidate.team_id == command.team_id).order_by(col(Candidate.id)).with_for_update()
    files = (await work.session.exec(query)).all()
    if files:
        for person_id in sorted(set(command.person_ids)):
            await take_file_from(person_id, [file.id for file in files], work)
        await infer_for_files(work, files)
