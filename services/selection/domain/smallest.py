"""The smallest set of constraints that can't hold together: whichever one is left out, the others could.

A set of files depends on a set of jurors: that is how an assignment fails, always (the cut that bounds the flow). What
then contradicts each other is how many reviews each of these files needs, how many each of these jurors may take, and
who of the other jurors is kept apart from which file. From there, one constraint after the other is left out, for good
if what remains still can't hold.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.selection.domain.assignment import AssignmentProblem, Pair

SMALL = 40_000
"""Files × jurors up to which also what was submitted is weighed when a constraint is left out."""


class Rule(StrEnum):
    """What an assignment must keep to."""

    REVIEWS = "reviews-per-file"
    COMPETENCE = "competence"
    LIMIT = "files-per-juror"
    APART = "kept-apart"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Rule.REVIEWS: "each file gets as many reviews as asked",
    Rule.COMPETENCE: "each file gets a reviewer of the competence",
    Rule.LIMIT: "each juror takes no more files than allowed",
    Rule.APART: "nobody reviews a file in conflict or given back",
}


@dataclass(frozen=True, order=True)
class Constraint:
    """A rule, for one file, one juror, or the two of them."""

    rule: Rule
    file: UUID | None = None
    juror: UUID | None = None
    why: str = ""
    """Why the two are kept apart: what is proposed only, a person may dismiss."""

    @property
    def name(self) -> str:
        name = " and ".join(f"{what} {id_}" for what, id_ in (("file", self.file), ("juror", self.juror)) if id_)
        return f"{name}: {self.why}" if self.why else name

    def facts(self) -> dict[str, str]:
        said = {"application_id": self.file, "juror_id": self.juror, "why": self.why}
        return {"rule": self.rule} | {name: str(one) for name, one in said.items() if one}


@dataclass
class _Demand:
    """What a file asks for, in the set at hand: so many reviews by any of the eligible, but those kept apart."""

    needs: int
    eligible: frozenset[UUID]
    apart: list[UUID]
    """Those eligible whom the set keeps away; others are free, or have a limit in the set."""
    free: int
    """How many of the eligible have no limit in the set, kept apart or not."""

    @property
    def lacking(self) -> int:
        """What the file still asks for once everybody without a limit has given what they can."""
        return max(0, self.needs - self.free + len(self.apart))


class _Set:
    """A set of constraints: demands of files, limits of jurors, and who is kept apart from what."""

    def __init__(
        self,
        problem: AssignmentProblem,
        *,
        limited: set[UUID],
        whole: dict[UUID, _Demand],
        versed: dict[UUID, _Demand],
    ) -> None:
        self.problem = problem
        self.limited = limited
        self.whole = whole
        """Files that ask for all the reviews that they lack."""
        self.versed = versed
        """Files that ask for one reviewer of the competence alone."""
        done = (limited - set(problem.left_over(file)) for file in (*whole, *versed))
        self._some_did_already = len(limited) * (len(whole) + len(versed)) <= SMALL and any(done)
        """Whether a limited juror submitted one of the files, which counting alone does not see."""

    def constraints(self) -> tuple[Constraint, ...]:
        demands = [(Rule.REVIEWS, self.whole), (Rule.COMPETENCE, self.versed)]
        return (
            *(Constraint(rule, file) for rule, files in demands for file in sorted(files)),
            *(Constraint(Rule.LIMIT, juror=juror) for juror in sorted(self.limited)),
            *(
                Constraint(Rule.APART, file, juror, self.problem.why.get(Pair(file, juror), ""))
                for _, files in demands
                for file, demand in sorted(files.items())
                for juror in demand.apart
            ),
        )

    def holds(self) -> bool:
        """Whether all of the set can be kept to."""
        if not self._counts_hold():
            return False
        return not self._some_did_already or self._can_be_matched()

    def lift_limit(self, juror: UUID) -> None:
        self.limited.remove(juror)
        self._count_free(juror, 1)

    def put_limit(self, juror: UUID) -> None:
        self.limited.add(juror)
        self._count_free(juror, -1)

    def _count_free(self, juror: UUID, change: int) -> None:
        for demand in (*self.whole.values(), *self.versed.values()):
            demand.free += change if juror in demand.eligible else 0

    def _counts_hold(self) -> bool:
        """By the theorem of Gale and Ryser: no choice of files asks more than the limited jurors can give to so many.

        In its extremes among the files that lack equally much, and with none or all of those that lack a competence.
        """
        lack = Counter(demand.lacking for demand in self.whole.values())
        lack_versed = sum(demand.lacking for demand in self.versed.values())
        rooms = [(self.problem.room(juror), self.problem.is_versed(juror)) for juror in self.limited]
        files = asked = 0
        for each, count in [(0, 0), *sorted(lack.items(), reverse=True)]:
            files, asked = files + count, asked + each * count
            for besides in {0, lack_versed}:
                given = sum(min(room, files + (besides if versed else 0)) for room, versed in rooms)
                if asked + besides > given:
                    return False
        return True

    def _can_be_matched(self) -> bool:
        """One review after the other, displacing others where that helps."""
        room = {juror: self.problem.room(juror) for juror in self.limited}
        held: dict[UUID, list[int]] = {juror: [] for juror in self.limited}
        demands = [*self.whole.values(), *self.versed.values()]
        may = [sorted(demand.eligible & self.limited) for demand in demands]

        def place(number: int, tried: set[UUID]) -> bool:
            for juror in may[number]:
                if juror in tried or number in held[juror]:
                    continue
                tried.add(juror)
                if len(held[juror]) < room[juror]:
                    held[juror].append(number)
                    return True
                for other in list(held[juror]):
                    held[juror].remove(other)
                    held[juror].append(number)
                    if place(other, tried):
                        return True
                    held[juror].remove(number)
                    held[juror].append(other)
            return False

        return all(place(number, set()) for number, demand in enumerate(demands) for _ in range(demand.lacking))


def smallest_conflict(
    problem: AssignmentProblem,
    files: Collection[UUID],
    jurors: Collection[UUID],
    *,
    versed_for: Collection[UUID] = (),
) -> tuple[Constraint, ...]:
    """Of a set of files that depends on a set of jurors with too little room: constraints of which none can go.

    `versed_for` are files that lack only their reviewer of the competence.
    """
    limited = set(jurors)
    kept = _Set(
        problem,
        limited=limited,
        whole={file: _demand(problem, file, limited, problem.needs(file)) for file in files},
        versed={file: _demand(problem, file, limited, 1, versed=True) for file in versed_for},
    )
    _leave_out_files(kept)
    _leave_out_pairs(kept)
    for juror in sorted(limited):
        kept.lift_limit(juror)
        if kept.holds():
            kept.put_limit(juror)
    return kept.constraints()


def _demand(problem: AssignmentProblem, file: UUID, limited: set[UUID], needs: int, *, versed: bool = False) -> _Demand:
    eligible = frozenset(one for one in problem.left_over(file) if not versed or problem.is_versed(one))
    free = eligible - limited
    return _Demand(needs, eligible, sorted(free - set(problem.may_read(file))), len(free))


def _leave_out_files(kept: _Set) -> None:
    """Those first that would take most pairs with them."""
    for demands in (kept.versed, kept.whole):
        for file in sorted(demands, key=lambda one: (-len(demands[one].apart), one)):
            demand = demands.pop(file)
            if kept.holds():
                demands[file] = demand


def _leave_out_pairs(kept: _Set) -> None:
    for demand in [*kept.whole.values(), *kept.versed.values()]:
        for juror in list(demand.apart):
            demand.apart.remove(juror)
            if kept.holds():
                demand.apart.append(juror)
        demand.apart.sort()
