"""Assigns files to jurors with OR-tools' min-cost flow: exact, deterministic, and explained when it can't be done.

    source ──needs──▶ file ──1──▶ juror ──1, 1, 1 …──▶ sink

Costs say what is better among all that is allowed: first to move as few begun reviews as possible, then to balance. A
juror's n-th file costs 2n-1, so the sum over a juror is the square of the load, which is least when loads are even.
Arcs are added in the order of ids, and the algorithm has neither chance nor threads: the same input, the same answer.
"""

from uuid import UUID

from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from services.selection.domain.assignment import (
    Assignment,
    AssignmentInfeasible,
    AssignmentProblem,
    NothingToAssign,
    Pair,
    Reason,
    bottleneck,
    plain_reasons,
)

_SOURCE, _SINK = 0, 1


class SolverFailed(RuntimeError):
    """OR-tools refused a well-formed network: a fault of ours, not of the jury."""


def assign(problem: AssignmentProblem) -> Assignment:
    """Exactly as many reviews a file as asked, at most as many a juror as allowed, no barred pair.

    Raises AssignmentInfeasible, which names each constraint that can't hold and exactly whom it lacks.
    """
    if not problem.files:
        raise NothingToAssign
    if reasons := plain_reasons(problem):
        raise AssignmentInfeasible(reasons)
    network = _Network(problem)
    chosen = network.solve()
    if len(chosen) < network.demand:
        raise AssignmentInfeasible(_bottlenecks(problem, chosen))
    return Assignment(
        pairs=tuple(sorted(chosen | problem.submitted)),
        new=frozenset(chosen - problem.begun),
        dropped=problem.begun - chosen,
    )


class _Network:
    """The flow network of one problem."""

    def __init__(self, problem: AssignmentProblem) -> None:
        self._flow = SimpleMinCostFlow()
        files, jurors = sorted(problem.files), sorted(problem.jurors)
        node = {one: number for number, one in enumerate([*files, *jurors], start=2)}
        # More than any balance can cost, so that no begun review moves for balance's sake.
        moving = 1 + sum((problem.files_per_juror + 1) ** 2 for _ in jurors)
        self._arcs: list[tuple[int, Pair]] = []
        for file in files:
            self._flow.add_arc_with_capacity_and_unit_cost(_SOURCE, node[file], problem.needs(file), 0)
            for juror in sorted(problem.may_read(file)):
                pair = Pair(file, juror)
                cost = 0 if pair in problem.begun else moving
                arc = self._flow.add_arc_with_capacity_and_unit_cost(node[file], node[juror], 1, cost)
                self._arcs.append((arc, pair))
        for juror in jurors:
            before = problem.files_per_juror - problem.room(juror)
            for nth in range(before + 1, min(problem.files_per_juror, before + len(files)) + 1):
                self._flow.add_arc_with_capacity_and_unit_cost(node[juror], _SINK, 1, 2 * nth - 1)
        self.demand = sum(problem.needs(file) for file in files)
        self._flow.set_node_supply(_SOURCE, self.demand)
        self._flow.set_node_supply(_SINK, -self.demand)

    def solve(self) -> frozenset[Pair]:
        """As many reviews as can be given, at the least cost."""
        status = self._flow.solve_max_flow_with_min_cost()
        if status != self._flow.OPTIMAL:
            message = f"min-cost flow ended with status {status}"
            raise SolverFailed(message)
        return frozenset(pair for arc, pair in self._arcs if self._flow.flow(arc))


def _bottlenecks(problem: AssignmentProblem, chosen: frozenset[Pair]) -> list[Reason]:
    """From each file that lacks a review, follow who could help and whom they would have to leave.

    What is reached is a set of files that depends on a set of jurors without any room: the cut that bounds the flow.
    """
    given: dict[UUID, set[UUID]] = {file: set() for file in problem.files}
    taken: dict[UUID, set[UUID]] = {juror: set() for juror in problem.jurors}
    for pair in chosen:
        given[pair.application_id].add(pair.juror_id)
        taken[pair.juror_id].add(pair.application_id)

    reasons: dict[frozenset[UUID], Reason] = {}
    for lacking in sorted(problem.files):
        if len(given[lacking]) == problem.needs(lacking):
            continue
        files, jurors, waiting = {lacking}, set[UUID](), [lacking]
        while waiting:
            file = waiting.pop()
            for juror in set(problem.may_read(file)) - given[file] - jurors:
                jurors.add(juror)
                waiting += taken[juror] - files
                files |= taken[juror]
        reasons.setdefault(frozenset(files), bottleneck(problem, files, jurors))
    return list(reasons.values())
