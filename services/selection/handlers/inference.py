"""Proposes a conflict of interest wherever ties bind a juror to a file of its jury; it bars until a person decides."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlmodel import col, select

from services.selection import repository
from services.selection.domain.conflict_graph import DECLARED, Path
from services.selection.domain.conflicts import ConflictState, evidence, infer
from services.selection.models import Candidate, Conflict, Jury, Seat
from services.selection.ties import path_from, paths_between, stored
from shared.events.selection import ConflictInferred
from shared.work import Work

Found = Mapping[tuple[UUID, UUID], list[Path]]
"""(file, juror) → the paths that bind them."""


async def infer_in_jury(work: Work, jury: Jury, jurors: Collection[UUID], files: Sequence[Candidate]) -> None:
    """Between these jurors and these files. The caller holds the ties."""
    await propose(work, await paths_between(work.session, jurors, files, challenge_id=jury.challenge_id))


async def infer_for_juror(work: Work, juror_id: UUID) -> None:
    """With all files of the juries in which it sits. The caller holds the ties."""
    seats = select(Seat.jury_id).where(Seat.juror_id == juror_id)
    for jury in (await work.session.exec(select(Jury).where(col(Jury.id).in_(seats)).order_by(col(Jury.id)))).all():
        await infer_in_jury(work, jury, [juror_id], await _files_of(work, jury))


async def infer_for_files(work: Work, files: Sequence[Candidate]) -> None:
    """With all jurors of the juries that judge these files. The caller holds the ties."""
    files = [file for file in files if file.state == repository.ADMITTED]
    challenges = {challenge for file in files for challenge in file.challenge_ids}
    if not challenges:
        return
    query = select(Jury).where(col(Jury.challenge_id).in_(challenges)).order_by(col(Jury.id))
    for jury in (await work.session.exec(query)).all():
        judged = [file for file in files if jury.challenge_id in file.challenge_ids]
        await infer_in_jury(work, jury, await repository.jurors_of(work.session, jury.id), judged)


async def infer_for_person(work: Work, person_id: UUID) -> None:
    """A tie of somebody became known who may be a juror, or a mentor or shareholder between a juror and a file."""
    query = select(Jury).order_by(col(Jury.id))
    for jury in (await work.session.exec(query)).all():
        await infer_in_jury(work, jury, await repository.jurors_of(work.session, jury.id), await _files_of(work, jury))


async def propose(work: Work, found: Found) -> None:
    """Keep what was found, and tell of what nobody has decided on yet.

    Reviews stay where they are meanwhile: a person may find that the ties don't matter, and nothing is lost then.
    """
    kept = await conflicts_between(work, found)
    for (file, juror), paths in sorted(found.items()):
        conflict = kept.get((file, juror))
        known = [path_from(path) for path in conflict.evidence] if conflict else []
        before = ConflictState(conflict.state) if conflict else None
        state = infer(before, pinned=bool(conflict and conflict.pinned), known=known, found=paths)
        all_paths = evidence(known, paths)
        if conflict is None:
            conflict = Conflict(juror_id=juror, application_id=file, kind=kind_of(paths[0]), declared_at=work.now)
            work.session.add(conflict)
        if all_paths != known:
            conflict.evidence = [stored(path) for path in all_paths]
        if state is None or state == before:
            continue
        conflict.state = state
        work.publish(
            ConflictInferred(
                conflict_id=conflict.id,
                juror_id=juror,
                application_id=file,
                path=[step.kind for step in paths[0]],
            )
        )
    await work.session.flush()


async def conflicts_between(work: Work, pairs: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Conflict]:
    """What is known of these files and jurors."""
    if not pairs:
        return {}
    query = select(Conflict).where(
        col(Conflict.application_id).in_({file for file, _ in pairs}),
        col(Conflict.juror_id).in_({juror for _, juror in pairs}),
    )
    return {(row.application_id, row.juror_id): row for row in (await work.session.exec(query)).all()}


def kind_of(path: Path) -> str:
    """How the juror itself is tied."""
    return path[0].kind if path[0].kind in DECLARED else "other"


async def _files_of(work: Work, jury: Jury) -> Sequence[Candidate]:
    query = (
        select(Candidate)
        .where(Candidate.state == repository.ADMITTED, col(Candidate.challenge_ids).contains([jury.challenge_id]))
        .order_by(col(Candidate.id))
    )
    return (await work.session.exec(query)).all()
