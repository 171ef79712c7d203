"""Which juror may review which file, how many reviews are missing, and what makes one assignment the better one."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from shared.errors import Conflict


class Bid(StrEnum):
    """What a juror said of a file before the assignment."""

    WANT = "want"
    COULD = "could"
    RATHER_NOT = "rather-not"


BID_COSTS: Mapping[Bid | None, int] = {Bid.WANT: 0, Bid.COULD: 2, None: 3, Bid.RATHER_NOT: 12}
"""What a review costs by the juror's bid; None is a file on which it did not bid."""
NO_COMPETENCE_COST = 4
"""What a review costs more by a juror who declared none of the file's fields; a file without fields costs nobody."""
DEAREST = max(BID_COSTS.values()) + NO_COMPETENCE_COST
BALANCE_COST = 1
"""A juror's n-th file costs 2n - 1 times this, so that a juror's files together cost the square of their number.

So one file more than a colleague has weighs 2: a wish fulfilled is worth one and a half of them, a juror of the field
two, and a file that a juror would rather not read four and a half.
"""


@dataclass(frozen=True, order=True)
class Pair:
    """A juror and a file, brought together or kept apart."""

    application_id: UUID
    juror_id: UUID


@dataclass(frozen=True, kw_only=True)
class AssignmentProblem:
    """One jury's files and jurors, with all that binds the assignment and all that is wished for it."""

    files: tuple[UUID, ...]
    jurors: tuple[UUID, ...]
    reviews_per_file: int
    files_per_juror: int
    limits: Mapping[UUID, int] = field(default_factory=dict)
    """A juror's own limit, in place of `files_per_juror`."""
    barred: frozenset[Pair] = frozenset()
    """Conflicts, recusals, and jurors of the applying team."""
    why: Mapping[Pair, str] = field(default_factory=dict)
    """Of those barred, as far as known: declared, proposed or confirmed, given-back, or own-team."""
    submitted: frozenset[Pair] = frozenset()
    """Reviews that are there already: they count, and are never asked for again."""
    begun: frozenset[Pair] = frozenset()
    """Open reviews: moved only if there is no other way."""
    bids: Mapping[Pair, Bid] = field(default_factory=dict)
    fields: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    """Of what each file is about."""
    competences: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    """What each juror declared to know."""
    someone_with: str | None = None
    """A competence that at least one reviewer of each file must have declared."""

    @cached_property
    def _submitted_by_file(self) -> Mapping[UUID, set[UUID]]:
        found = defaultdict[UUID, set[UUID]](set)
        for pair in self.submitted:
            found[pair.application_id].add(pair.juror_id)
        return found

    @cached_property
    def _submitted_by_juror(self) -> Counter[UUID]:
        return Counter(pair.juror_id for pair in self.submitted)

    @cached_property
    def _readers(self) -> Mapping[UUID, list[UUID]]:
        kept_apart = defaultdict[UUID, set[UUID]](set)
        for pair in self.barred:
            kept_apart[pair.application_id].add(pair.juror_id)
        return {file: [juror for juror in self.left_over(file) if juror not in kept_apart[file]] for file in self.files}

    @cached_property
    def _versed(self) -> frozenset[UUID]:
        """The jurors who declared the competence that somebody must have."""
        return frozenset(j for j in self.jurors if self.someone_with in self.competences.get(j, frozenset()))

    def needs(self, application_id: UUID) -> int:
        """How many reviews the file still lacks."""
        return max(0, self.reviews_per_file - len(self._submitted_by_file.get(application_id, ())))

    def limit(self, juror_id: UUID) -> int:
        """How many files the juror reviews at most."""
        return self.limits.get(juror_id, self.files_per_juror)

    def taken(self, juror_id: UUID) -> int:
        """How many reviews the juror submitted already."""
        return self._submitted_by_juror[juror_id]

    def room(self, juror_id: UUID) -> int:
        """How many more files the juror may take."""
        return max(0, self.limit(juror_id) - self.taken(juror_id))

    def left_over(self, application_id: UUID) -> list[UUID]:
        """The jurors who have not reviewed the file yet, kept apart from it or not."""
        done = self._submitted_by_file.get(application_id, ())
        return [juror for juror in self.jurors if juror not in done]

    def may_read(self, application_id: UUID) -> list[UUID]:
        """The jurors whom nothing keeps from reviewing the file, and who have not done so yet."""
        return self._readers[application_id]

    def is_versed(self, juror_id: UUID) -> bool:
        """Whether the juror declared the competence that somebody must have."""
        return juror_id in self._versed

    def lacks_versed(self, application_id: UUID) -> bool:
        """Whether one of the reviews to come must be by a juror with the competence that somebody must have."""
        if self.someone_with is None or not self.needs(application_id):
            return False
        return not self._versed & self._submitted_by_file.get(application_id, set())

    def cost(self, pair: Pair) -> int:
        """What this review costs by the juror's bid and by what the juror knows; the load comes on top."""
        about = self.fields.get(pair.application_id, frozenset())
        foreign = about and not about & self.competences.get(pair.juror_id, frozenset())
        return BID_COSTS[self.bids.get(pair)] + (NO_COMPETENCE_COST if foreign else 0)


class NothingToAssign(Conflict):
    slug = "nothing-to-assign"
    message = "No admitted file names this jury's challenge. Admit files in screening first."


@dataclass(frozen=True, kw_only=True)
class Objective:
    """By what one assignment is better than another: first the fewest changes, then the lowest cost."""

    changes: int
    """Reviews that are new; as each file's number is fixed, one that is new is one that moved, or was lacking."""
    bids: Mapping[str, int]
    """How many reviews follow which bid; `none` where the juror did not bid."""
    of_the_field: int
    """How many reviews are by a juror who declared one of the file's fields."""
    squares: int
    """The sum of the squares of the loads: the less, the more even."""
    cost: int


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """Who reviews what: each file as often as asked, nobody overloaded."""

    pairs: tuple[Pair, ...]
    """All reviews, those submitted before included."""
    new: frozenset[Pair]
    dropped: frozenset[Pair] = field(default_factory=frozenset)
    """Open reviews that are no longer asked for."""

    def load(self, jurors: Collection[UUID]) -> dict[UUID, int]:
        """How many files each juror reviews."""
        return load_of(self.pairs, jurors)

    def moved(self) -> list[tuple[UUID, UUID, UUID]]:
        """File, from whom, to whom: a review that one juror loses and another gets instead."""
        leaving = defaultdict[UUID, list[UUID]](list)
        for pair in sorted(self.dropped):
            leaving[pair.application_id].append(pair.juror_id)
        return [
            (pair.application_id, leaving[pair.application_id].pop(0), pair.juror_id)
            for pair in sorted(self.new)
            if leaving[pair.application_id]
        ]


def load_of(pairs: Collection[Pair], jurors: Collection[UUID]) -> dict[UUID, int]:
    """How many of these reviews each juror has."""
    counted = Counter(pair.juror_id for pair in pairs)
    return {juror: counted[juror] for juror in jurors}


def objective_of(problem: AssignmentProblem, pairs: Collection[Pair]) -> Objective:
    """What these reviews, those submitted before included, are worth."""
    asked = [pair for pair in pairs if pair not in problem.submitted]
    squares = sum(load * load for load in load_of(pairs, problem.jurors).values())
    return Objective(
        changes=sum(1 for pair in asked if pair not in problem.begun),
        bids=Counter(str(problem.bids.get(pair, "none")) for pair in asked),
        of_the_field=sum(
            1
            for pair in asked
            if problem.fields.get(pair.application_id, frozenset())
            & problem.competences.get(pair.juror_id, frozenset())
        ),
        squares=squares,
        cost=sum(problem.cost(pair) for pair in asked) + BALANCE_COST * squares,
    )
