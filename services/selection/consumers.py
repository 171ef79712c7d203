"""All that selection hears: editions, challenges, applications and teams, and the dossiers that jurors read."""

from uuid import UUID

from services.selection.commands import (
    CloseCandidate,
    ForgetDossier,
    ForgetPerson,
    KeepDossier,
    KeepQuestions,
    PassLead,
    RecordCandidate,
    RecordTeam,
    RegisterChallenge,
    RegisterEdition,
    RememberName,
)
from services.selection.handlers import candidates, dossiers
from shared.events import Dossier, Forgotten, Person, applications, forgettable
from shared.messaging import Listener
from shared.work import Work

listens = Listener("selection")


@listens.to(applications.TOPIC)
async def on_application_event(event: applications.AnyEvent, work: Work) -> None:
    match event:
        case applications.EditionAnnounced() | applications.EditionCorrected():
            await candidates.register_edition(
                RegisterEdition(edition_id=event.edition_id, city=event.city, zone=event.zone, title=event.title), work
            )
        case applications.ChallengePublished():
            await candidates.register_challenge(
                RegisterChallenge(
                    challenge_id=event.challenge_id,
                    edition_id=event.edition_id,
                    partner=event.partner,
                    title=event.title,
                ),
                work,
            )
        case applications.CallFormSet() if event.sections is not None:
            sections = tuple(section.model_dump(mode="json") for section in event.sections)
            await candidates.keep_questions(
                KeepQuestions(call_id=event.call_id, number=event.form_version, sections=sections), work
            )
        case applications.TeamFormed():
            people = (event.lead_id, *event.member_ids)
            await candidates.record_team(RecordTeam(team_id=event.team_id, person_ids=people), work)
        case applications.TeamMemberAdded():
            await candidates.record_team(RecordTeam(team_id=event.team_id, person_ids=(event.person_id,)), work)
        case applications.ApplicationSubmitted():
            await candidates.record_candidate(_submitted(event), work)
        case applications.ApplicationRevised():
            await candidates.record_candidate(_revised(event), work)
        case applications.ApplicationAdmitted():
            await candidates.record_candidate(_admitted(event), work)
        case applications.ApplicationWithdrawn():
            await candidates.close_candidate(CloseCandidate(application_id=event.application_id, withdrawn=True), work)
        case applications.ApplicationLeadPassed():
            passed = PassLead(application_id=event.application_id, lead_id=event.lead_id)
            await candidates.pass_lead(passed, work)
        case applications.ApplicationDeclined():
            await candidates.close_candidate(CloseCandidate(application_id=event.application_id, withdrawn=False), work)
        case _:
            pass  # nothing that selection acts on


@listens.to(forgettable.DOSSIERS_TOPIC)
async def on_dossier(record: Dossier | Forgotten, work: Work) -> None:
    match record:
        case Dossier():
            await dossiers.keep_dossier(
                KeepDossier(
                    application_id=record.application_id,
                    revision=record.revision,
                    startup=record.startup,
                    title=record.title,
                    summary=record.summary,
                    answers=record.answers,
                    attachments=tuple(attachment.model_dump(mode="json") for attachment in record.attachments),
                ),
                work,
            )
        case Forgotten(key=key):
            application, _, revision = key.partition("/")
            await dossiers.forget_dossier(ForgetDossier(application_id=UUID(application), revision=int(revision)), work)


@listens.to(forgettable.PEOPLE_TOPIC)
async def on_person(record: Person | Forgotten, work: Work) -> None:
    match record:
        case Forgotten(key=key):
            await dossiers.forget_person(ForgetPerson(person_id=UUID(key)), work)
        case Person():
            await dossiers.remember_name(RememberName(person_id=record.person_id, name=record.name), work)


def _submitted(event: applications.ApplicationSubmitted) -> RecordCandidate:
    return RecordCandidate(
        application_id=event.application_id,
        edition_id=event.edition_id,
        call_id=event.call_id,
        challenge_ids=tuple(event.challenge_ids),
        revision=event.revision,
        team_id=event.team_id,
        lead_id=event.lead_id,
        member_ids=tuple(event.member_ids),
    )


def _revised(event: applications.ApplicationRevised) -> RecordCandidate:
    return RecordCandidate(
        application_id=event.application_id,
        edition_id=event.edition_id,
        call_id=event.call_id,
        challenge_ids=tuple(event.challenge_ids),
        revision=event.revision,
    )


def _admitted(event: applications.ApplicationAdmitted) -> RecordCandidate:
    return RecordCandidate(
        application_id=event.application_id,
        edition_id=event.edition_id,
        call_id=event.call_id,
        challenge_ids=tuple(event.challenge_ids),
        revision=event.revision,
        lead_id=event.lead_id,
        admitted=True,
    )
