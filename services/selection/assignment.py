"""Assigns files to jurors with OR-tools' min-cost flow: exact, deterministic, and explained when it can't be done.

    source ──needs──▶ file ──1──▶ juror ──1, 1, 1 …──▶ sink

Where a file must have a reviewer of a named competence, all but one of its reviews pass through `anybody`, so that at
least one goes to a juror who has it, and the network stays a flow:

    file ──needs − 1──▶ anybody ──1──▶ juror without
         ──needs──────▶ versed  ──1──▶ juror with

Costs say what is better among all that is allowed: first to move as few begun reviews as possible, then the bids, the
competence and the balance (domain/assignment.py has the weights). Arcs are added in the order of ids, and the algorithm
has neither chance nor threads: the same input, the same answer.
"""

from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from services.selection.domain.assignment import (
    BALANCE_COST,
    DEAREST,
    Assignment,
    AssignmentProblem,
    NothingToAssign,
    Pair,
)
from services.selection.domain.infeasible import LISTED, AssignmentInfeasible, Reason, bottleneck, plain_reasons

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
        raise AssignmentInfeasible(network.bottlenecks())
    return Assignment(
        pairs=tuple(sorted(chosen | problem.submitted)),
        new=frozenset(chosen - problem.begun),
        dropped=problem.begun - chosen,
    )


class _Network:
    """The flow network of one problem."""

    def __init__(self, problem: AssignmentProblem) -> None:
        self._problem = problem
        self._files, self._jurors = sorted(problem.files), sorted(problem.jurors)
        self._nodes = 2
        self._arcs: list[tuple[int, int, int, int]] = []
        self._pairs: dict[int, Pair] = {}
        self._file_of: dict[int, UUID] = {}
        """By each of a file's nodes: the file."""
        self._node = {juror: self._new_node() for juror in self._jurors}
        self._juror_of = {node: juror for juror, node in self._node.items()}
        self._anybody: set[int] = set()
        self._versed = {juror for juror in self._jurors if problem.is_versed(juror)}
        caps = {juror: min(problem.room(juror), len(self._files)) for juror in self._jurors}
        # More than bids, competence and balance can cost together, so that no begun review moves for their sake.
        self._moving = (
            1
            + DEAREST * sum(problem.needs(file) for file in self._files)
            + BALANCE_COST * sum((problem.taken(juror) + room) ** 2 for juror, room in caps.items())
        )
        for file in self._files:
            self._add_file(file)
        for juror in self._jurors:
            taken = problem.taken(juror)
            for nth in range(taken + 1, taken + caps[juror] + 1):
                self._arcs.append((self._node[juror], _SINK, 1, BALANCE_COST * (2 * nth - 1)))
        self.demand = sum(problem.needs(file) for file in self._files)
        self._flows: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def solve(self) -> frozenset[Pair]:
        """As many reviews as can be given, at the least cost."""
        flow: Any = SimpleMinCostFlow()
        arcs = np.array(self._arcs, dtype=np.int64).reshape(-1, 4)
        added = flow.add_arcs_with_capacity_and_unit_cost(
            arcs[:, 0].astype(np.int32), arcs[:, 1].astype(np.int32), arcs[:, 2], arcs[:, 3]
        )
        flow.set_node_supply(_SOURCE, self.demand)
        flow.set_node_supply(_SINK, -self.demand)
        status = flow.solve_max_flow_with_min_cost()
        if status != flow.OPTIMAL:
            message = f"min-cost flow ended with status {status}"
            raise SolverFailed(message)
        self._flows = flow.flows(added)
        return frozenset(pair for arc, pair in self._pairs.items() if self._flows[arc])

    def bottlenecks(self) -> list[Reason]:
        """From each file that lacks a review, follow who could help and whom they would have to leave.

        What is reached are files that depend on jurors without any room: the cut that bounds the flow.
        """
        leads: dict[int, list[int]] = {node: [] for node in range(self._nodes)}
        lacking = []
        for (tail, head, capacity, _), there in zip(self._arcs, self._flows.tolist(), strict=True):
            if tail == _SOURCE:
                if there < capacity:
                    lacking.append(head)
                continue
            if there < capacity and head != _SINK:
                leads[tail].append(head)
            if there and head != _SINK:
                leads[head].append(tail)
        groups: list[set[int]] = []
        for start in lacking:
            if not any(self._joins(group, start, leads) for group in groups) and len(groups) < LISTED:
                groups.append(_reachable(start, leads))
        return [self._bottleneck(group) for group in groups]

    def _joins(self, group: set[int], start: int, leads: dict[int, list[int]]) -> bool:
        """Whether the file depends on the group's jurors alone: then it belongs to the group."""
        own, waiting = {start}, [start]
        while waiting:
            for node in leads[waiting.pop()]:
                if node in self._juror_of and node not in group:
                    return False
                if node not in group and node not in own:
                    own.add(node)
                    waiting.append(node)
        group |= own
        return True

    def _bottleneck(self, reached: set[int]) -> Reason:
        """The reached files: those short of anybody, and those short of a versed juror alone."""
        of_anybody, of_versed = set[UUID](), set[UUID]()
        for node in reached & self._file_of.keys():
            file = self._file_of[node]
            whole = not self._problem.lacks_versed(file) or node in self._anybody
            (of_anybody if whole else of_versed).add(file)
        jurors = {self._juror_of[node] for node in reached & self._juror_of.keys()}
        return bottleneck(self._problem, of_anybody, jurors, versed_for=of_versed - of_anybody)

    def _add_file(self, file: UUID) -> None:
        needs = self._problem.needs(file)
        if not needs:
            return
        here = self._new_node(file)
        self._arcs.append((_SOURCE, here, needs, 0))
        anybody = versed = here
        if self._problem.lacks_versed(file):
            anybody, versed = self._new_node(file), self._new_node(file)
            self._anybody.add(anybody)
            self._arcs += [(here, anybody, needs - 1, 0), (here, versed, needs, 0)]
        for juror in sorted(self._problem.may_read(file)):
            pair = Pair(file, juror)
            cost = self._problem.cost(pair) + (0 if pair in self._problem.begun else self._moving)
            self._pairs[len(self._arcs)] = pair
            self._arcs.append((versed if juror in self._versed else anybody, self._node[juror], 1, cost))

    def _new_node(self, file: UUID | None = None) -> int:
        node = self._nodes
        self._nodes += 1
        if file is not None:
            self._file_of[node] = file
        return node


def _reachable(start: int, leads: dict[int, list[int]]) -> set[int]:
    reached, waiting = {start}, [start]
    while waiting:
        for node in leads[waiting.pop()]:
            if node not in reached:
                reached.add(node)
                waiting.append(node)
    return reached
