"""No conflict ever, exactly k reviews a file, at most m files a juror, or a reason that names whom it lacks."""

import itertools
from collections.abc import Collection
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.selection.assignment import assign
from services.selection.domain.assignment import (
    Assignment,
    AssignmentInfeasible,
    AssignmentProblem,
    NothingToAssign,
    Pair,
    Reason,
)


def file(number: int) -> UUID:
    return UUID(int=0xF << 96 | number)


def juror(number: int) -> UUID:
    return UUID(int=0x1 << 96 | number)


@st.composite
def problems(draw: st.DrawFn, *, files: int = 6, jurors: int = 5) -> AssignmentProblem:
    """Any jury: with conflicts, with submitted and with begun reviews."""
    some_files = [file(number) for number in range(draw(st.integers(1, files)))]
    some_jurors = [juror(number) for number in range(draw(st.integers(1, jurors)))]
    every_pair = [Pair(one, other) for one in some_files for other in some_jurors]
    fate = st.sampled_from(["free", "free", "free", "barred", "submitted", "begun"])
    fates = dict(zip(every_pair, draw(st.lists(fate, min_size=len(every_pair), max_size=len(every_pair))), strict=True))
    return AssignmentProblem(
        files=tuple(some_files),
        jurors=tuple(some_jurors),
        reviews_per_file=draw(st.integers(1, 3)),
        files_per_juror=draw(st.integers(1, 6)),
        barred=frozenset(pair for pair, is_ in fates.items() if is_ == "barred"),
        submitted=frozenset(pair for pair, is_ in fates.items() if is_ == "submitted"),
        begun=frozenset(pair for pair, is_ in fates.items() if is_ == "begun"),
    )


@given(problems())
@settings(max_examples=400, deadline=None)
def test_every_rule_holds_or_a_true_reason_is_named(problem: AssignmentProblem) -> None:
    needed = sum(problem.needs(one) for one in problem.files)
    possible = most_reviews(problem, problem.files) == needed

    found = outcome(problem)

    if isinstance(found, Assignment):
        assert possible
        assert_every_rule_holds(problem, found)
        return
    assert not possible
    assert found
    for reason in found:
        assert reason.needed == sum(problem.needs(one) for one in reason.files)
        assert reason.available < reason.needed
        assert most_reviews(problem, reason.files) < reason.needed
        assert all(str(one) in reason.detail for one in reason.files) or reason.kind == "capacity"


@given(problems())
@settings(max_examples=100, deadline=None)
def test_the_same_jury_gets_the_same_assignment(problem: AssignmentProblem) -> None:
    shuffled = AssignmentProblem(
        files=problem.files[::-1],
        jurors=problem.jurors[::-1],
        reviews_per_file=problem.reviews_per_file,
        files_per_juror=problem.files_per_juror,
        barred=problem.barred,
        submitted=problem.submitted,
        begun=problem.begun,
    )

    one, other = outcome(problem), outcome(shuffled)

    if isinstance(one, Assignment):
        assert one == other
    else:
        assert not isinstance(other, Assignment)
        assert {(reason.kind, reason.needed) for reason in one} == {(reason.kind, reason.needed) for reason in other}


@given(problems(files=3, jurors=3))
@settings(max_examples=150, deadline=None)
def test_no_other_assignment_moves_less_or_balances_better(problem: AssignmentProblem) -> None:
    assignment = outcome(problem)
    if not isinstance(assignment, Assignment):
        return

    best = min(cost(problem, frozenset(pairs)) for pairs in every_assignment(problem))

    assert cost(problem, frozenset(assignment.pairs) - problem.submitted) == best


def test_a_file_that_too_few_may_read_is_named_with_those_who_may() -> None:
    problem = AssignmentProblem(
        files=(file(1), file(2)),
        jurors=(juror(1), juror(2), juror(3)),
        reviews_per_file=2,
        files_per_juror=5,
        barred=frozenset({Pair(file(2), juror(1)), Pair(file(2), juror(3))}),
    )

    with pytest.raises(AssignmentInfeasible) as refused:
        assign(problem)

    (reason,) = refused.value.reasons
    assert (reason.kind, reason.files, reason.jurors) == ("too-few-jurors", (file(2),), (juror(2),))
    assert f"File {file(2)} needs 2 reviewers, but only 1 of 3 jurors" in refused.value.message


def test_too_many_reviews_for_all_jurors_is_said_with_the_sums() -> None:
    problem = AssignmentProblem(
        files=tuple(file(number) for number in range(9)),
        jurors=tuple(juror(number) for number in range(3)),
        reviews_per_file=2,
        files_per_juror=5,
    )

    with pytest.raises(AssignmentInfeasible, match=r"9 files × 2 reviews = 18, more than 3 jurors × 5 files = 15\."):
        assign(problem)


def test_files_that_share_a_bottleneck_are_named_and_no_others() -> None:
    """Files 1 to 3 depend on jurors 1 and 2, who take two files in all; file 4 is well served by juror 3."""
    narrow = [file(1), file(2), file(3)]
    problem = AssignmentProblem(
        files=(*narrow, file(4)),
        jurors=(juror(1), juror(2), juror(3)),
        reviews_per_file=1,
        files_per_juror=2,
        barred=frozenset(
            {Pair(one, juror(3)) for one in narrow}
            | {Pair(file(1), juror(1)), Pair(file(2), juror(1)), Pair(file(3), juror(1))}
        ),
    )

    with pytest.raises(AssignmentInfeasible) as refused:
        assign(problem)

    (reason,) = refused.value.reasons
    assert (reason.kind, reason.files, reason.jurors) == ("bottleneck", tuple(narrow), (juror(2),))
    assert (reason.needed, reason.available) == (3, 2)


def test_a_jury_without_files_has_nothing_to_assign() -> None:
    with pytest.raises(NothingToAssign):
        assign(AssignmentProblem(files=(), jurors=(juror(1),), reviews_per_file=1, files_per_juror=1))


def test_five_hundred_files_are_assigned_evenly() -> None:
    files, jurors = [file(number) for number in range(500)], [juror(number) for number in range(40)]
    barred = frozenset(Pair(one, jurors[number % 40]) for number, one in enumerate(files))
    problem = AssignmentProblem(
        files=tuple(files), jurors=tuple(jurors), reviews_per_file=3, files_per_juror=60, barred=barred
    )

    assignment = assign(problem)

    assert_every_rule_holds(problem, assignment)
    loads = assignment.load(jurors).values()
    assert max(loads) - min(loads) <= 1


def assert_every_rule_holds(problem: AssignmentProblem, assignment: Assignment) -> None:
    pairs = set(assignment.pairs)
    assert len(pairs) == len(assignment.pairs)
    assert problem.submitted <= pairs
    assert not (pairs - problem.submitted) & problem.barred
    for one in problem.files:
        there = sum(1 for pair in problem.submitted if pair.application_id == one)
        given_to = sum(1 for pair in pairs if pair.application_id == one)
        assert given_to == max(problem.reviews_per_file, there)
    for one in problem.jurors:
        there = sum(1 for pair in problem.submitted if pair.juror_id == one)
        assert sum(1 for pair in pairs if pair.juror_id == one) <= max(problem.files_per_juror, there)
    assert assignment.new == pairs - problem.submitted - problem.begun
    assert assignment.dropped == problem.begun - pairs


def outcome(problem: AssignmentProblem) -> Assignment | tuple[Reason, ...]:
    try:
        return assign(problem)
    except AssignmentInfeasible as infeasible:
        return infeasible.reasons


def most_reviews(problem: AssignmentProblem, files: Collection[UUID]) -> int:
    """An oracle that knows nothing of OR-tools: augmenting paths, one review at a time."""
    held: dict[UUID, list[UUID]] = {one: [] for one in problem.jurors}

    def place(one: UUID, tried: set[UUID]) -> bool:
        for other in problem.may_read(one):
            if other in tried or one in held[other]:
                continue
            tried.add(other)
            if len(held[other]) < problem.room(other):
                held[other].append(one)
                return True
            for displaced in list(held[other]):
                held[other].remove(displaced)
                held[other].append(one)
                if place(displaced, tried):
                    return True
                held[other].remove(one)
                held[other].append(displaced)
        return False

    return sum(place(one, set()) for one in files for _ in range(problem.needs(one)))


def every_assignment(problem: AssignmentProblem) -> list[set[Pair]]:
    """All that the rules allow, by trying everything; small juries only."""
    choices = [
        [
            {Pair(one, other) for other in chosen}
            for chosen in itertools.combinations(problem.may_read(one), problem.needs(one))
        ]
        for one in problem.files
    ]
    together = [set().union(*parts) for parts in itertools.product(*choices)]
    return [
        pairs
        for pairs in together
        if all(sum(pair.juror_id == one for pair in pairs) <= problem.room(one) for one in problem.jurors)
    ]


def cost(problem: AssignmentProblem, pairs: frozenset[Pair]) -> tuple[int, int]:
    """First how many reviews are new, then how uneven the loads are."""
    loads = [
        sum(pair.juror_id == one for pair in pairs) + problem.files_per_juror - problem.room(one)
        for one in problem.jurors
    ]
    return len(pairs - problem.begun), sum(load * load for load in loads)
