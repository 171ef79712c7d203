"""What binds an assignment and what is wished for, out of the tables: conflicts, recusals, limits, bids, fields."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from services.selection import repository
from services.selection.domain.assignment import AssignmentProblem, Pair
from services.selection.domain.assignment import Bid as Bidding
from services.selection.domain.conflict_graph import Path
from services.selection.domain.conflicts import BARRING, ConflictState, infer
from services.selection.domain.reviews import ReviewState
from services.selection.handlers.inference import conflicts_between
from services.selection.models import Bid, Candidate, Conflict, Jury, Review, Seat, Statement
from services.selection.ties import path_from
from services.selection.views.dossiers import newest_dossiers
from shared.work import Work


async def problem_of(
    work: Work,
    jury: Jury,
    jurors: list[UUID],
    files: Sequence[Candidate],
    live: Mapping[Pair, Review],
    *,
    bound: Mapping[tuple[UUID, UUID], list[Path]],
) -> AssignmentProblem:
    """`bound` are the pairs that ties bind now, whether that was told already or not."""
    ids = {file.id for file in files}
    running = {pair: review for pair, review in live.items() if pair.application_id in ids}
    why = {
        **dict.fromkeys(await _bars(work, bound), str(ConflictState.PROPOSED)),
        **await barred_pairs(work, jury, jurors, files),
    }
    limits = select(Seat.juror_id, Seat.files_at_most).where(
        Seat.jury_id == jury.id, col(Seat.files_at_most).is_not(None)
    )
    knows = select(Statement.person_id, Statement.competences).where(col(Statement.person_id).in_(jurors))
    return AssignmentProblem(
        files=tuple(file.id for file in files),
        jurors=tuple(jurors),
        reviews_per_file=jury.reviews_per_file,
        files_per_juror=jury.files_per_juror,
        limits={juror: most for juror, most in (await work.session.exec(limits)).all() if most is not None},
        barred=frozenset(why),
        why=why,
        submitted=frozenset(p for p, review in running.items() if review.state == ReviewState.SUBMITTED),
        begun=frozenset(p for p, review in running.items() if review.state == ReviewState.ASSIGNED),
        bids=await _bids(work, jury),
        fields=await _fields(work, jury, ids),
        competences={
            juror: frozenset(known) for juror, known in (await work.session.exec(knows)).all() if juror is not None
        },
        someone_with=jury.someone_with,
    )


async def barred_pairs(work: Work, jury: Jury, jurors: Sequence[UUID], files: Sequence[Candidate]) -> dict[Pair, str]:
    """Conflicts that bar, files that a juror gave back, and jurors who belong to the team; each with why."""
    ids = [file.id for file in files]
    conflicts = select(Conflict.application_id, Conflict.juror_id, Conflict.state).where(
        col(Conflict.application_id).in_(ids),
        col(Conflict.juror_id).in_(jurors),
        col(Conflict.state).in_(BARRING),
    )
    recusals = select(Review.application_id, Review.juror_id).where(
        Review.jury_id == jury.id, Review.state == ReviewState.RECUSED
    )
    teams = await repository.members_of(work.session, {file.team_id for file in files if file.team_id})
    why = {Pair(*pair): "given-back" for pair in (await work.session.exec(recusals)).all()}
    why |= {Pair(file, juror): state for file, juror, state in (await work.session.exec(conflicts)).all()}
    why |= {
        Pair(file.id, person): "own-team"
        for file in files
        for person in (*(teams.get(file.team_id, ()) if file.team_id else ()), file.lead_id)
        if person in jurors
    }
    return why


async def _bars(work: Work, bound: Mapping[tuple[UUID, UUID], list[Path]]) -> frozenset[Pair]:
    """Of what ties bind, what no person has found not to matter."""
    kept = await conflicts_between(work, bound)
    found = set()
    for pair, paths in bound.items():
        row = kept.get(pair)
        before = ConflictState(row.state) if row else None
        known = [path_from(path) for path in row.evidence] if row else []
        if infer(before, pinned=bool(row and row.pinned), known=known, found=paths) in BARRING:
            found.add(Pair(*pair))
    return frozenset(found)


async def _bids(work: Work, jury: Jury) -> dict[Pair, Bidding]:
    query = select(Bid.application_id, Bid.juror_id, Bid.bid).where(Bid.jury_id == jury.id, col(Bid.bid).is_not(None))
    return {Pair(file, juror): Bidding(bid) for file, juror, bid in (await work.session.exec(query)).all() if bid}


async def _fields(work: Work, jury: Jury, files: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """What the challenge is about, and what each team chose in the field that the jury names."""
    chosen: dict[UUID, Any] = {}
    if jury.fields_answer is not None:
        newest = newest_dossiers()
        query = select(newest.c.application_id, newest.c.answers[jury.fields_answer].as_string()).where(
            newest.c.application_id.in_(files)
        )
        chosen = dict((await work.session.exec(query)).all())
    return {
        file: frozenset({*jury.fields, *(each for each in (chosen.get(file) or "").split(",") if each)})
        for file in files
    }
