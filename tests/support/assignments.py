"""Juries of any kind, and two oracles that know nothing of flows: one tries everything, one solves whole numbers."""

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator
from uuid import UUID

from hypothesis import strategies as st
from ortools.sat.python import cp_model

from services.selection.assignment import assign
from services.selection.domain.assignment import BALANCE_COST, Assignment, AssignmentProblem, Bid, Pair
from services.selection.domain.infeasible import AssignmentInfeasible, Reason
from services.selection.domain.smallest import Constraint, Rule

COMPETENCES = ("law", "water")


def file(number: int) -> UUID:
    return UUID(int=0xF << 96 | number)


def juror(number: int) -> UUID:
    return UUID(int=0x1 << 96 | number)


@st.composite
def problems(draw: st.DrawFn, *, files: int = 6, jurors: int = 5, wishes: bool = True) -> AssignmentProblem:
    """Any jury: with conflicts, with submitted and with begun reviews, and unless said otherwise with wishes."""
    some_files = [file(number) for number in range(draw(st.integers(1, files)))]
    some_jurors = [juror(number) for number in range(draw(st.integers(1, jurors)))]
    every_pair = [Pair(one, other) for one in some_files for other in some_jurors]

    def some(of: Iterable[object]) -> dict[Pair, object]:
        chosen = draw(st.lists(st.sampled_from(list(of)), min_size=len(every_pair), max_size=len(every_pair)))
        return dict(zip(every_pair, chosen, strict=True))

    fates = some(["free", "free", "free", "barred", "submitted", "begun"])
    known = st.frozensets(st.sampled_from(COMPETENCES))
    bids = some([None, None, *Bid]) if wishes else {}
    return AssignmentProblem(
        files=tuple(some_files),
        jurors=tuple(some_jurors),
        reviews_per_file=draw(st.integers(1, 3)),
        files_per_juror=draw(st.integers(1, 6)),
        limits={one: draw(st.integers(0, 4)) for one in some_jurors if wishes and draw(st.integers(0, 3)) == 0},
        barred=frozenset(pair for pair, is_ in fates.items() if is_ == "barred"),
        submitted=frozenset(pair for pair, is_ in fates.items() if is_ == "submitted"),
        begun=frozenset(pair for pair, is_ in fates.items() if is_ == "begun"),
        bids={pair: bid for pair, bid in bids.items() if isinstance(bid, Bid)},
        fields={one: draw(known) for one in some_files} if wishes else {},
        competences={one: draw(known) for one in some_jurors} if wishes else {},
        someone_with=draw(st.sampled_from([None, *COMPETENCES])) if wishes else None,
    )


def outcome(problem: AssignmentProblem) -> Assignment | tuple[Reason, ...]:
    try:
        return assign(problem)
    except AssignmentInfeasible as infeasible:
        return infeasible.reasons


Worth = tuple[int, int]
"""Changes, then cost: less is better."""


def best_of_all(problem: AssignmentProblem) -> Worth | None:
    """The least that any assignment costs; None if there is none. File by file, for each way to load the jurors."""
    start = tuple(problem.taken(one) for one in problem.jurors)
    reached: dict[tuple[int, ...], Worth] = {start: (0, 0)}
    for one in problem.files:
        after: dict[tuple[int, ...], Worth] = {}
        for loads, (changes, cost) in reached.items():
            for chosen in reviewers(problem, one):
                then = tuple(load + (who in chosen) for load, who in zip(loads, problem.jurors, strict=True))
                if any(load > most for load, most in zip(then, _most(problem), strict=True)):
                    continue
                pairs = [Pair(one, who) for who in chosen]
                worth = (
                    changes + sum(pair not in problem.begun for pair in pairs),
                    cost + sum(problem.cost(pair) for pair in pairs),
                )
                after[then] = min(worth, after.get(then, worth))
        reached = after
    worths = (
        (changes, cost + BALANCE_COST * sum(load * load for load in loads))
        for loads, (changes, cost) in reached.items()
    )
    return min(worths, default=None)


def reviewers(problem: AssignmentProblem, one: UUID) -> Iterator[tuple[UUID, ...]]:
    """Each choice of jurors that gives the file what it lacks."""
    for chosen in itertools.combinations(problem.may_read(one), problem.needs(one)):
        if not problem.lacks_versed(one) or any(map(problem.is_versed, chosen)):
            yield chosen


def _most(problem: AssignmentProblem) -> tuple[int, ...]:
    return tuple(max(problem.limit(one), problem.taken(one)) for one in problem.jurors)


def could_hold(problem: AssignmentProblem, constraints: Collection[Constraint]) -> bool:
    """Whether these constraints and no others can all be kept to. File by file, as above."""
    rooms = {one: len(problem.files) for one in problem.jurors}
    rooms |= {c.juror: problem.room(c.juror) for c in constraints if c.rule == Rule.LIMIT and c.juror}
    apart = {(c.file, c.juror) for c in constraints if c.rule == Rule.APART}
    wanted = {c.file for c in constraints if c.rule == Rule.REVIEWS and c.file}
    versed = {c.file for c in constraints if c.rule == Rule.COMPETENCE and c.file}
    reached = {tuple(rooms.values())}
    for one in sorted(wanted | versed):
        free = [who for who in problem.left_over(one) if (one, who) not in apart]
        needs = problem.needs(one) if one in wanted else 1
        choices = [
            chosen
            for chosen in itertools.combinations(free, needs)
            if one not in versed or any(map(problem.is_versed, chosen))
        ]
        reached = {
            tuple(room - (who in chosen) for room, who in zip(left, rooms, strict=True))
            for left in reached
            for chosen in choices
            if all(room >= (who in chosen) for room, who in zip(left, rooms, strict=True))
        }
    return bool(reached)


def by_whole_numbers(problem: AssignmentProblem) -> Worth | None:
    """The same optimum by CP-SAT, from the rules alone: a yes or no for each pair, and the square of each load."""
    model = cp_model.CpModel()
    pairs = {(one, who): model.new_bool_var("") for one in problem.files for who in problem.may_read(one)}
    for one in problem.files:
        model.add(sum(pairs[one, who] for who in problem.may_read(one)) == problem.needs(one))
        if problem.lacks_versed(one):
            model.add(sum(pairs[one, who] for who in problem.may_read(one) if problem.is_versed(who)) >= 1)
    squares = []
    for who in problem.jurors:
        taken, most = problem.taken(who), max(problem.limit(who), problem.taken(who))
        load = model.new_int_var(taken, most, "")
        model.add(load == taken + sum(x for (_, other), x in pairs.items() if other == who))
        square = model.new_int_var(0, most * most, "")
        model.add_multiplication_equality(square, [load, load])
        squares.append(square)
    changes = sum(x for pair, x in pairs.items() if Pair(*pair) not in problem.begun)
    cost = sum(problem.cost(Pair(*pair)) * x for pair, x in pairs.items()) + BALANCE_COST * sum(squares)
    if not (least := _least(model, changes)):
        return None
    model.add(changes == least[0])
    cheapest = _least(model, cost)
    assert cheapest is not None
    return least[0], cheapest[0]


def _least(model: cp_model.CpModel, what: cp_model.LinearExprT) -> tuple[int] | None:
    model.minimize(what)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    assert status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
    return (round(solver.objective_value),) if status == cp_model.OPTIMAL else None


def assert_every_rule_holds(problem: AssignmentProblem, assignment: Assignment) -> None:
    pairs = set(assignment.pairs)
    assert len(pairs) == len(assignment.pairs)
    assert problem.submitted <= pairs
    asked = pairs - problem.submitted
    assert not asked & problem.barred
    for one in problem.files:
        there = count(problem.submitted, lambda pair, one=one: pair.application_id == one)  # type: ignore[misc]
        readers = {pair.juror_id for pair in pairs if pair.application_id == one}
        assert len(readers) == max(problem.reviews_per_file, there)
        if problem.someone_with and there < problem.reviews_per_file:
            assert any(problem.someone_with in problem.competences[reader] for reader in readers)
    for one in problem.jurors:
        there = count(problem.submitted, lambda pair, one=one: pair.juror_id == one)  # type: ignore[misc]
        most = problem.limits.get(one, problem.files_per_juror)
        assert count(pairs, lambda pair, one=one: pair.juror_id == one) <= max(most, there)  # type: ignore[misc]
    assert assignment.new == asked - problem.begun
    assert assignment.dropped == problem.begun - pairs


def count(pairs: Collection[Pair], matches: Callable[[Pair], bool]) -> int:
    return sum(1 for pair in pairs if matches(pair))
