"""What the tables say of ties, in the terms of the conflict graph: one graph for some jurors and some files."""

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection import repository
from services.selection.domain.conflict_graph import (
    ConflictGraph,
    Path,
    Person,
    Source,
    Startup,
    Step,
    Tie,
    TieKind,
)
from services.selection.domain.organisations import Organisation, key_of
from services.selection.models import Candidate, Challenge, Interest, Waiver
from services.selection.views.dossiers import newest_dossiers


async def hold_ties(session: AsyncSession, *, shared: bool = False) -> None:
    """Until this transaction ends no tie changes; taken before anything else is locked.

    Who changes ties, juries or assignments holds them alone; who only adds a file shares them with others who do.
    Otherwise a juror and a team could state the same employer at once, and neither would see the other's.
    """
    lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    await (await session.connection()).execute(text(f"SELECT {lock}(hashtextextended('selection:ties', 0))"))


async def paths_between(
    session: AsyncSession, jurors: Collection[UUID], files: Sequence[Candidate], *, challenge_id: UUID | None
) -> dict[tuple[UUID, UUID], list[Path]]:
    """(file, juror) → the paths that bind them. Of partners this challenge's alone counts, unless it is waived."""
    if not jurors or not files:
        return {}
    graph = ConflictGraph([tie async for tie in _ties(session, jurors, files, challenge_id)])
    seated, waived = set(jurors), await _waived(session, challenge_id)
    found = {}
    for file in files:
        for juror, paths in graph.binding(file.id).items():
            counted = [path for path in paths if juror not in waived or path[-1].kind != TieKind.PARTNER]
            if juror in seated and counted:
                found[file.id, juror] = counted
    return found


async def ties_of(session: AsyncSession, jurors: Collection[UUID]) -> dict[UUID, list[Tie]]:
    """Each juror's own ties, as it or staff stated them."""
    query = select(Interest).where(col(Interest.person_id).in_(jurors)).order_by(col(Interest.id))
    found: dict[UUID, list[Tie]] = {juror: [] for juror in jurors}
    for row in (await session.exec(query)).all():
        if row.person_id is not None:
            found[row.person_id].append(tie_of(row))
    return found


def tie_of(row: Interest) -> Tie:
    holder = Person(row.person_id) if row.person_id else Startup(row.application_id or UUID(int=0))
    other = Person(row.other_person_id) if row.other_person_id else organisation_of(row)
    return Tie(id=row.id, kind=TieKind(row.kind), source=Source(row.source), holder=holder, other=other)


def organisation_of(row: Interest) -> Organisation:
    return Organisation(row.organisation_key or "", row.registration)


def stored(path: Path) -> list[dict[str, str]]:
    return [step.facts() for step in path]


def path_from(kept: Sequence[dict[str, str]]) -> Path:
    return tuple(Step(step["tie"], step["id"], step["source"]) for step in kept)


async def _ties(
    session: AsyncSession, jurors: Collection[UUID], files: Sequence[Candidate], challenge_id: UUID | None
) -> AsyncIterator[Tie]:
    ids = [file.id for file in files]
    members = await _members(session, files)
    rows = await _interests(session, {*jurors, *(person for team in members.values() for person in team)}, ids)
    for row in rows:
        yield tie_of(row)
    challenge = await session.get(Challenge, challenge_id) if challenge_id else None
    newest = newest_dossiers()
    names = dict(
        (
            await session.exec(
                select(newest.c.application_id, newest.c.startup).where(newest.c.application_id.in_(ids))
            )
        ).all()
    )
    for file in files:
        startup = Startup(file.id)
        for tie in _facts(startup, members.get(file.id, ()), names.get(file.id), challenge):
            yield tie


def _facts(startup: Startup, members: Collection[UUID], name: str | None, challenge: Challenge | None) -> Iterator[Tie]:
    """What the programme itself knows: the team, the startup's name, and the partner of the challenge."""

    def fact(id_: UUID, kind: TieKind, other: Person | Organisation) -> Tie:
        return Tie(id=id_, kind=kind, source=Source.PROGRAMME, holder=startup, other=other)

    for person in members:
        yield fact(person, TieKind.MEMBER, Person(person))
    if name:
        yield fact(startup.application_id, TieKind.STARTUP, Organisation(key_of(name)))
    if challenge is not None:
        yield fact(challenge.id, TieKind.PARTNER, Organisation(key_of(challenge.partner)))


async def _interests(
    session: AsyncSession, people: Collection[UUID], application_ids: Collection[UUID]
) -> Sequence[Interest]:
    """Those of these people and files, and of the people that they name or who name them."""
    first = select(Interest).where(
        or_(
            col(Interest.person_id).in_(people),
            col(Interest.other_person_id).in_(people),
            col(Interest.application_id).in_(application_ids),
        )
    )
    rows = list((await session.exec(first)).all())
    known = {row.id for row in rows}
    named = {one for row in rows for one in (row.person_id, row.other_person_id) if one} - set(people)
    if named:
        query = select(Interest).where(
            or_(col(Interest.person_id).in_(named), col(Interest.other_person_id).in_(named)),
            col(Interest.application_id).is_(None),
        )
        rows += [row for row in (await session.exec(query)).all() if row.id not in known]
    return rows


async def _members(session: AsyncSession, files: Sequence[Candidate]) -> dict[UUID, set[UUID]]:
    teams = await repository.members_of(session, {file.team_id for file in files if file.team_id})
    return {
        file.id: {*(teams.get(file.team_id, ()) if file.team_id else ()), *([file.lead_id] if file.lead_id else [])}
        for file in files
    }


async def _waived(session: AsyncSession, challenge_id: UUID | None) -> set[UUID]:
    query = select(Waiver.juror_id).where(Waiver.challenge_id == challenge_id)
    return set((await session.exec(query)).all())
