"""Jurors and teams say to whom they are tied, staff note what nobody said, and conflicts are inferred at once."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import col, select

from services.selection.commands.ties import NoteTie, RemoveTie, StatedTie, StateInterests, StateTeamTies
from services.selection.domain.conflict_graph import Source
from services.selection.domain.organisations import key_of, registration_of
from services.selection.handlers.claims import note_claim
from services.selection.handlers.conflicts import NoSuchCandidate
from services.selection.handlers.inference import infer_for_files, infer_for_juror, infer_for_person
from services.selection.models import Candidate, Interest, Statement
from services.selection.permissions import authorise_or_hide
from services.selection.ties import hold_ties
from services.selection.views.interests import belongs_to_team, statement_of
from services.selection.views.scope import in_conflict_with
from shared.database import new_id
from shared.errors import NotFound, StaleVersion
from shared.events.selection import InterestsStated, TeamTiesStated, TieNoted, TieRemoved
from shared.identity import Resource
from shared.work import Work


class NoSuchTie(NotFound):
    message = "Staff noted no tie with this id. List them with GET /ties."


async def state_interests(command: StateInterests, work: Work) -> Statement:
    """Keep what the juror says of itself, and bar it from every file that this binds it to."""
    await hold_ties(work.session)
    await note_claim(command.juror_id, work)
    statement = await _statement(work, command.version, person_id=command.juror_id)
    statement.competences = sorted(set(command.competences))
    await _replace(command.ties, work, person_id=command.juror_id)

    kinds = sorted({tie.kind for tie in command.ties})
    work.publish(InterestsStated(statement_id=statement.id, juror_id=command.juror_id, kinds=kinds))
    await infer_for_juror(work, command.juror_id)
    return statement


async def state_team_ties(command: StateTeamTies, person_id: UUID, work: Work) -> Statement:
    """Keep what the team says of the startup, and bar every juror whom this binds to it."""
    await hold_ties(work.session)
    candidate = await work.session.get(Candidate, command.application_id)
    of_team = candidate is not None and await belongs_to_team(work.session, person_id, candidate)
    relations = {"member"} if of_team else frozenset[str]()
    authorise_or_hide(work.actor, "state_team_ties", Resource(relations), hidden=NoSuchCandidate())
    if candidate is None:
        raise NoSuchCandidate
    statement = await _statement(work, command.version, application_id=candidate.id)
    await _replace(command.ties, work, application_id=candidate.id)

    kinds = sorted({tie.kind for tie in command.ties})
    work.publish(TeamTiesStated(statement_id=statement.id, application_id=candidate.id, kinds=kinds))
    await infer_for_files(work, [candidate])
    return statement


async def note_tie(command: NoteTie, person_id: UUID, work: Work) -> Interest:
    """Keep what staff know of, of a person or of an application."""
    await hold_ties(work.session)
    candidate = await work.session.get(Candidate, command.application_id) if command.application_id else None
    if command.application_id:
        hidden = await in_conflict_with(work.session, person_id, [command.application_id])
        if candidate is None or hidden:
            raise NoSuchCandidate
    row = _row(
        command.tie, work, source=Source.STAFF, person_id=command.person_id, application_id=command.application_id
    )
    work.session.add(row)
    await work.session.flush()

    work.publish(
        TieNoted(
            tie_id=row.id, kind=command.tie.kind, person_id=command.person_id, application_id=command.application_id
        )
    )
    if candidate is not None:
        await infer_for_files(work, [candidate])
    else:
        await infer_for_person(work, command.person_id or row.id)
    return row


async def remove_tie(command: RemoveTie, work: Work) -> None:
    """Take back what staff noted; what was inferred from it stands until a person dismisses it."""
    await hold_ties(work.session)
    query = select(Interest).where(Interest.id == command.tie_id, Interest.source == Source.STAFF).with_for_update()
    row = (await work.session.exec(query)).one_or_none()
    if row is None:
        raise NoSuchTie
    if row.version != command.version:
        raise StaleVersion
    await work.session.delete(row)
    work.publish(TieRemoved(tie_id=row.id))


async def _statement(
    work: Work, version: int, *, person_id: UUID | None = None, application_id: UUID | None = None
) -> Statement:
    """What was stated before, to be replaced; the first time its version is 0. Raises StaleVersion."""
    statement = await statement_of(work.session, person_id=person_id, application_id=application_id)
    if version != (statement.version if statement else 0):
        raise StaleVersion
    if statement is None:
        statement = Statement(id=new_id(), person_id=person_id, application_id=application_id)
        work.session.add(statement)
    else:
        # A change of ties alone would leave the row, and so its version, as they were.
        statement.changes += 1
    statement.stated_at = work.now
    return statement


async def _replace(
    ties: Collection[StatedTie], work: Work, *, person_id: UUID | None = None, application_id: UUID | None = None
) -> None:
    """Those stated again stay the rows that they are: what a person decided about them stays decided."""
    of = Interest.person_id == person_id if person_id else Interest.application_id == application_id
    query = select(Interest).where(of, Interest.source == Source.SELF).order_by(col(Interest.id))
    before = {_same(row): row for row in (await work.session.exec(query)).all()}
    rows = [
        _row(tie, work, source=Source.SELF, person_id=person_id, application_id=application_id)
        for tie in dict.fromkeys(ties)
    ]
    after = {_same(row): row for row in rows}
    for same, row in before.items():
        if same not in after:
            await work.session.delete(row)
        else:
            row.organisation = after[same].organisation
    work.session.add_all(row for same, row in after.items() if same not in before)
    await work.session.flush()


def _row(
    tie: StatedTie,
    work: Work,
    *,
    source: Source,
    person_id: UUID | None = None,
    application_id: UUID | None = None,
) -> Interest:
    return Interest(
        person_id=person_id,
        application_id=application_id,
        kind=tie.kind,
        organisation=tie.organisation,
        organisation_key=key_of(tie.organisation) if tie.organisation else None,
        registration=registration_of(tie.registration),
        other_person_id=tie.person_id,
        source=source,
        stated_by=work.actor.name,
        stated_at=work.now,
    )


def _same(row: Interest) -> Sequence[object]:
    return (row.kind, row.organisation_key, row.registration, row.other_person_id)
