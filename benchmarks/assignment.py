"""Files assigned to jurors: out of the database, solved, and committed with its events; then beside a solver of MILPs.

    datacity bench assignment [--events 2000]

`--events` are files; for each ten there is a juror, and each file is read by three. Files are about fields that jurors
know, every file has jurors in conflict, jurors bid on one file in twenty, and one reviewer of each file must know the
law. The whole use case is measured as staff ask for it, again after jurors gave back twenty files, and once more where
it can't be done and is explained. The reference solves the same problem, written down as whole numbers from the rules
alone, by HiGHS; its optimum must be ours. PostgreSQL with fsync on.
"""

import argparse
import asyncio
import os
import random
import resource
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from ortools.linear_solver.python import model_builder
from sqlmodel import col, select, update

from benchmarks.measuring import Measured, Result, Target, metered, quieten, tell
from services.selection.assignment import assign
from services.selection.commands import AssignReviews
from services.selection.domain.assignment import AssignmentProblem, Bid, Pair, objective_of
from services.selection.domain.infeasible import AssignmentInfeasible
from services.selection.domain.reviews import ReviewState
from services.selection.handlers.assignment import assign_reviews
from services.selection.handlers.assignment_problem import problem_of
from services.selection.models import Bid as BidRow
from services.selection.models import Candidate, Challenge, Conflict, Dossier, Edition, Jury, Review, Seat, Statement
from shared.database import make_engine, new_id
from shared.database.engine import asyncpg_dsn
from shared.database.migrate import upgrade
from shared.events import EVENT_TOPICS
from shared.identity import Actor
from shared.work import Works
from tests.support.stack import Backbone, local_backbone

REVIEWS = 3
RECUSED = 20
CONFLICTS = 4
"""Jurors in conflict with each file, of two hundred."""
FIELDS = ("law", "water", "energy", "data", "mobility")
STAFF = Actor(person_id=str(UUID(int=1)), roles=frozenset({"staff"}))


@dataclass(frozen=True)
class Bench:
    """selection's database with a jury and its files, nothing assigned yet."""

    works: Works
    dsn: str
    kafka: str
    files: int
    jurors: int
    jury_id: UUID


async def measure(backbone: Backbone, files: int) -> Result:
    """Assign, assign again, explain, and solve the same elsewhere; each answer is checked."""
    async with filled(backbone, files) as bench:
        problem = await problem_in(bench)
        whole = await use_case(bench, "ours, assigned and committed", expect=files * REVIEWS)
        await give_back(bench)
        again = await use_case(bench, f"ours, again after {RECUSED} recusals", expect=min(RECUSED, files))
        solved, cost = await by_ours(bench, problem)
        explained = await infeasible(bench, problem)
        reference = await by_highs(bench, problem, cost)
    settings = {"files": files, "jurors": bench.jurors, "reviews_per_file": REVIEWS, "bids": "1 of 20"}
    target = Target("assignment, with all its commits, in s", whole.value, 60, at_least=False)
    return Result("assignment", "seconds", settings, [whole, again, solved, explained, reference], [target])


@asynccontextmanager
async def filled(backbone: Backbone, files: int) -> AsyncIterator[Bench]:
    database = await backbone.fresh_database("selection")
    await upgrade("selection", database.owner_url)
    engine = make_engine(database.runtime_url, service="selection")
    try:
        works = Works(engine, service="selection", topic=EVENT_TOPICS["selection"])
        jurors = max(8, files // 10)
        tell(f"  filling in {files:,} files and {jurors} jurors")
        jury_id = await _fill(works, files, jurors)
        yield Bench(works, asyncpg_dsn(database.owner_url), backbone.kafka, files, jurors, jury_id)
    finally:
        await engine.dispose()
        await backbone.drop_database(database)


async def use_case(bench: Bench, name: str, *, expect: int) -> Measured:
    """As staff ask for it; `expect` new reviews."""
    tell(f"  {name}")
    async with metered(bench.dsn, kafka=bench.kafka) as meter, bench.works.begin(actor=STAFF) as work:
        assigned = await assign_reviews(AssignReviews(jury_id=bench.jury_id), work)
    if assigned.objective.changes != expect or assigned.cancelled:
        message = f"{expect} new reviews were due, {assigned.objective.changes} were made"
        raise RuntimeError(message)
    note = f"{len(assigned.reviews):,} reviews, {expect:,} of them new; {_peak()}"
    return Measured(name, meter.seconds, bench.files, meter.seconds, meter.costs(bench.files), note)


async def by_ours(bench: Bench, problem: AssignmentProblem) -> tuple[Measured, int]:
    """The solver alone."""
    tell("  solving")
    async with metered(bench.dsn, kafka=bench.kafka) as meter:
        assignment = await asyncio.to_thread(assign, problem)
    cost = objective_of(problem, assignment.pairs).cost
    note = f"min-cost flow, cost {cost:,}; {_peak()}"
    return Measured("ours, solved", meter.seconds, bench.files, meter.seconds, meter.costs(bench.files), note), cost


async def infeasible(bench: Bench, problem: AssignmentProblem) -> Measured:
    """One review too many for all jurors, and the smallest set of constraints that conflict."""
    tell("  explaining")
    lacking = replace(problem, limits={}, files_per_juror=(bench.files * REVIEWS - 1) // bench.jurors)
    async with metered(bench.dsn, kafka=bench.kafka) as meter:
        try:
            await asyncio.to_thread(assign, lacking)
        except AssignmentInfeasible as refused:
            smallest = len(refused.reasons[0].smallest)
        else:
            message = "what can't be assigned was"
            raise RuntimeError(message)
    note = f"{smallest:,} constraints that conflict, of which none can go; {_peak()}"
    return Measured("ours, explained", meter.seconds, bench.files, meter.seconds, meter.costs(bench.files), note)


async def by_highs(bench: Bench, problem: AssignmentProblem, cost: int) -> Measured:
    """The same rules as whole numbers: a yes or no for each pair, and a step for each file of a juror."""
    tell("  HiGHS")
    async with metered(bench.dsn, kafka=bench.kafka) as meter:
        began = time.perf_counter()
        found = await asyncio.to_thread(_whole_numbers, problem)
        meter.seconds = time.perf_counter() - began
    if found != cost:
        message = f"HiGHS finds {found}, we found {cost}"
        raise RuntimeError(message)
    note = f"a MILP of the rules, through OR-tools, one thread; the same cost; {_peak()}"
    return Measured(
        "HiGHS",
        meter.seconds,
        bench.files,
        meter.seconds,
        meter.costs(bench.files),
        note,
        beside="ours, solved",
    )


def _whole_numbers(problem: AssignmentProblem) -> int:
    model = model_builder.Model()
    load: dict[UUID, list[model_builder.Variable]] = {juror: [] for juror in problem.jurors}
    terms: list[tuple[model_builder.Variable, int]] = []
    for file in problem.files:
        readers = {juror: model.new_bool_var("") for juror in problem.may_read(file)}
        model.add(model_builder.LinearExpr.sum(list(readers.values())) == problem.needs(file))
        if problem.lacks_versed(file):
            versed = [chosen for juror, chosen in readers.items() if problem.is_versed(juror)]
            model.add(model_builder.LinearExpr.sum(versed) >= 1)
        for juror, chosen in readers.items():
            load[juror].append(chosen)
            terms.append((chosen, problem.cost(Pair(file, juror))))
    for juror, files in load.items():
        steps = [model.new_bool_var("") for _ in range(problem.limit(juror))]
        model.add(model_builder.LinearExpr.sum([*files, *steps]) == 2 * model_builder.LinearExpr.sum(steps))
        terms += [(step, 2 * nth + 1) for nth, step in enumerate(steps)]
    model.minimize(model_builder.LinearExpr.weighted_sum([one for one, _ in terms], [each for _, each in terms]))
    solver = model_builder.Solver("highs")
    with _stdout_elsewhere():
        status = solver.solve(model)
    if status != model_builder.SolveStatus.OPTIMAL:
        message = "HiGHS came to no optimum"
        raise RuntimeError(message)
    return round(solver.objective_value)


@contextmanager
def _stdout_elsewhere() -> Iterator[None]:
    """HiGHS greets on stdout, from C, which is for the answer alone."""
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


async def problem_in(bench: Bench) -> AssignmentProblem:
    async with bench.works.begin(read_only=True) as work:
        jury = await work.session.get_one(Jury, bench.jury_id)
        jurors = sorted((await work.session.exec(select(Seat.juror_id))).all())
        files = (await work.session.exec(select(Candidate).order_by(col(Candidate.id)))).all()
        return await problem_of(work, jury, jurors, files, {}, bound={})


async def give_back(bench: Bench) -> None:
    """Twenty jurors step back from a file each."""
    async with bench.works.begin() as work:
        first = select(Review.id).order_by(col(Review.application_id), col(Review.juror_id).desc())
        seen = (await work.session.exec(first)).all()[::REVIEWS][:RECUSED]
        await work.session.exec(update(Review).where(col(Review.id).in_(seen)).values(state=ReviewState.RECUSED))


async def _fill(works: Works, files: int, jurors: int) -> UUID:
    chance = random.Random(files)
    people = [UUID(int=0xA << 96 | number) for number in range(jurors)]
    edition, challenge = new_id(), new_id()
    async with works.begin() as work:
        add = work.session.add_all
        add([Edition(id=edition, city="", title={}, zone="UTC")])
        add([Challenge(id=challenge, edition_id=edition, partner="lydec", title={})])
        jury = Jury(
            challenge_id=challenge,
            edition_id=edition,
            reviews_per_file=REVIEWS,
            files_per_juror=REVIEWS * files // jurors + 6,
            criteria=[],
            fields_answer="domain",
            someone_with="law",
            appointed_at=work.now,
        )
        add([jury])
        await work.session.flush()
        add(Seat(jury_id=jury.id, juror_id=juror) for juror in people)
        for juror in people:
            add([Statement(person_id=juror, competences=sorted(chance.sample(FIELDS, 2)), stated_at=work.now)])
        ids = [UUID(int=0xF << 96 | number) for number in range(files)]
        for file in ids:
            add([_candidate(file, edition, challenge), _dossier(file, chance)])
        await work.session.flush()
        for file in ids:
            add(
                Conflict(juror_id=juror, application_id=file, kind="other", declared_at=work.now)
                for juror in chance.sample(people, max(1, CONFLICTS * jurors // 200))
            )
        for juror in people:
            add(
                BidRow(
                    jury_id=jury.id, juror_id=juror, application_id=file, bid=chance.choice(list(Bid)), bid_at=work.now
                )
                for file in chance.sample(ids, max(1, files // 20))
            )
        return jury.id


def _candidate(file: UUID, edition: UUID, challenge: UUID) -> Candidate:
    return Candidate(
        id=file, edition_id=edition, call_id=edition, challenge_ids=[challenge], revision=1, state="admitted"
    )


def _dossier(file: UUID, chance: random.Random) -> Dossier:
    return Dossier(
        application_id=file,
        revision=1,
        startup=f"Invented {file.int % 1_000_000}",
        title="",
        summary="",
        answers={"domain": ",".join(chance.sample(FIELDS, 2))},
        attachments=[],
    )


def _peak() -> str:
    """What this process held at most so far."""
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most so far"


async def alone(files: int) -> Result:
    async with local_backbone(own=True) as backbone:
        return await measure(backbone, files)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=2_000, help="files to assign (2000)")
    given = parser.parse_args()
    quieten()
    asyncio.run(alone(given.events)).print()


if __name__ == "__main__":
    main()
