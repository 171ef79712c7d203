"""Which juror may review which file, how many reviews are missing, and why an assignment can't be made."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from shared.errors import Conflict


@dataclass(frozen=True, order=True)
class Pair:
    """A juror and a file, brought together or kept apart."""

    application_id: UUID
    juror_id: UUID


@dataclass(frozen=True, kw_only=True)
class AssignmentProblem:
    """One jury's files and jurors, with all that binds the assignment."""

    files: tuple[UUID, ...]
    jurors: tuple[UUID, ...]
    reviews_per_file: int
    files_per_juror: int
    barred: frozenset[Pair] = frozenset()
    """Conflicts, recusals, and jurors of the applying team."""
    submitted: frozenset[Pair] = frozenset()
    """Reviews that are there already: they count, and are never asked for again."""
    begun: frozenset[Pair] = frozenset()
    """Open reviews: moved only if there is no other way."""

    def needs(self, application_id: UUID) -> int:
        """How many reviews the file still lacks."""
        there = sum(1 for pair in self.submitted if pair.application_id == application_id)
        return max(0, self.reviews_per_file - there)

    def room(self, juror_id: UUID) -> int:
        """How many more files the juror may take."""
        taken = sum(1 for pair in self.submitted if pair.juror_id == juror_id)
        return max(0, self.files_per_juror - taken)

    def may_read(self, application_id: UUID) -> list[UUID]:
        """The jurors whom nothing keeps from reviewing the file, and who have not done so yet."""
        return [
            juror
            for juror in self.jurors
            if Pair(application_id, juror) not in self.barred and Pair(application_id, juror) not in self.submitted
        ]


@dataclass(frozen=True)
class Reason:
    """One constraint that can't hold, in words, and exactly whom it lacks."""

    kind: str
    detail: str
    files: tuple[UUID, ...]
    jurors: tuple[UUID, ...]
    needed: int
    available: int

    def facts(self) -> dict[str, object]:
        """As a member of the problem document."""
        return {
            "kind": self.kind,
            "detail": self.detail,
            "files": [str(file) for file in self.files],
            "jurors": [str(juror) for juror in self.jurors],
            "needed": self.needed,
            "available": self.available,
        }


class NothingToAssign(Conflict):
    slug = "nothing-to-assign"
    message = "No admitted file names this jury's challenge. Admit files in screening first."


class AssignmentInfeasible(Conflict):
    slug = "assignment-infeasible"

    def __init__(self, reasons: list[Reason]) -> None:
        super().__init__(
            "The files can't be assigned as the jury's rule asks: "
            + " ".join(reason.detail for reason in reasons)
            + " Appoint more jurors, raise files_per_juror, or lower reviews_per_file.",
            reasons=[reason.facts() for reason in reasons],
        )
        self.reasons = tuple(reasons)


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
        return {juror: sum(1 for pair in self.pairs if pair.juror_id == juror) for juror in jurors}


def plain_reasons(problem: AssignmentProblem) -> list[Reason]:
    """What can be seen without solving: files that too few may read, and more reviews than all jurors can give."""
    reasons = [
        _too_few(problem, file, readers)
        for file in problem.files
        if len(readers := problem.may_read(file)) < problem.needs(file)
    ]
    needed = sum(problem.needs(file) for file in problem.files)
    available = sum(problem.room(juror) for juror in problem.jurors)
    if needed > available:
        reasons.append(_over_capacity(problem, needed, available))
    return reasons


def _too_few(problem: AssignmentProblem, file: UUID, readers: list[UUID]) -> Reason:
    needed, everyone = problem.needs(file), len(problem.jurors)
    more = " more" if needed < problem.reviews_per_file else ""
    return Reason(
        kind="too-few-jurors",
        detail=(
            f"File {file} needs {needed}{more} reviewers, but only {len(readers)} of {everyone} jurors "
            "may still review it; the others have a conflict, stepped back, or did so already."
        ),
        files=(file,),
        jurors=tuple(readers),
        needed=needed,
        available=len(readers),
    )


def _over_capacity(problem: AssignmentProblem, needed: int, available: int) -> Reason:
    files, jurors = len(problem.files), len(problem.jurors)
    if problem.submitted:
        sums = (
            f"{files} files still need {needed} reviews, more than the {available} that {jurors} jurors can still give."
        )
    else:
        sums = (
            f"{files} files × {problem.reviews_per_file} reviews = {needed}, "
            f"more than {jurors} jurors × {problem.files_per_juror} files = {available}."
        )
    return Reason(
        kind="capacity", detail=sums, files=problem.files, jurors=problem.jurors, needed=needed, available=available
    )


def bottleneck(problem: AssignmentProblem, files: Collection[UUID], jurors: Collection[UUID]) -> Reason:
    """These files depend on these jurors, who have too little room (Hall's condition, violated)."""
    needed = sum(problem.needs(file) for file in files)
    room = sum(problem.room(juror) for juror in jurors)
    elsewhere = sum(len(set(problem.may_read(file)) - set(jurors)) for file in files)
    others = f", and others can give {elsewhere}" if elsewhere else ""
    return Reason(
        kind="bottleneck",
        detail=(
            f"Files {_listed(files)} need {needed} reviews together, but jurors {_listed(jurors)} have room for {room}"
            f"{others}: {needed - room - elsewhere} too few."
        ),
        files=tuple(sorted(files)),
        jurors=tuple(sorted(jurors)),
        needed=needed,
        available=room + elsewhere,
    )


def _listed(ids: Collection[UUID]) -> str:
    return ", ".join(str(one) for one in sorted(ids))
