"""Why an assignment can't be made: which files lack whom, in words and numbers."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from services.selection.domain.assignment import AssignmentProblem
from services.selection.domain.smallest import Constraint, Rule, smallest_conflict
from shared.errors import Conflict

LISTED = 20
"""More ids than this are counted in a sentence; the facts have all of them."""


@dataclass(frozen=True)
class Reason:
    """Constraints that can't hold together, in words, and exactly whom they lack."""

    kind: str
    detail: str
    files: tuple[UUID, ...]
    jurors: tuple[UUID, ...]
    needed: int
    available: int
    smallest: tuple[Constraint, ...] = ()
    """Constraints that contradict each other, of which none can be left out: without any one the others could hold."""

    def facts(self) -> dict[str, object]:
        """As a member of the problem document."""
        return {
            "kind": self.kind,
            "detail": self.detail,
            "files": [str(file) for file in self.files],
            "jurors": [str(juror) for juror in self.jurors],
            "needed": self.needed,
            "available": self.available,
            "smallest": [constraint.facts() for constraint in self.smallest],
        }


class AssignmentInfeasible(Conflict):
    slug = "assignment-infeasible"

    def __init__(self, reasons: list[Reason]) -> None:
        super().__init__(
            "The files can't be assigned as the jury's rule asks: "
            + " ".join(reason.detail for reason in reasons[:LISTED])
            + " Appoint more jurors, raise files_per_juror, or lower reviews_per_file.",
            reasons=[reason.facts() for reason in reasons],
        )
        self.reasons = tuple(reasons)


def plain_reasons(problem: AssignmentProblem) -> list[Reason]:
    """What can be seen without solving: files that too few may read, and more reviews than all jurors can give."""
    reasons = []
    for file in problem.files:
        readers = problem.may_read(file)
        if len(readers) < problem.needs(file):
            reasons.append(_too_few(problem, file, readers))
        elif problem.lacks_versed(file) and not any(map(problem.is_versed, readers)):
            reasons.append(_nobody_versed(problem, file))
    needed = sum(problem.needs(file) for file in problem.files)
    available = sum(problem.room(juror) for juror in problem.jurors)
    if needed > available:
        reasons.append(_over_capacity(problem, needed, available))
    return reasons


def _too_few(problem: AssignmentProblem, file: UUID, readers: list[UUID]) -> Reason:
    needed, everyone = problem.needs(file), len(problem.jurors)
    more = " more" if needed < problem.reviews_per_file else ""
    smallest = smallest_conflict(problem, {file}, ())
    return Reason(
        kind="too-few-jurors",
        detail=(
            f"File {file} needs {needed}{more} reviewers, but only {len(readers)} of {everyone} jurors "
            f"may still review it; the others have a conflict, stepped back, or did so already. {_in_words(smallest)}"
        ),
        files=(file,),
        jurors=tuple(readers),
        needed=needed,
        available=len(readers),
        smallest=smallest,
    )


def _nobody_versed(problem: AssignmentProblem, file: UUID) -> Reason:
    smallest = smallest_conflict(problem, (), (), versed_for={file})
    versed = sum(map(problem.is_versed, problem.jurors))
    return Reason(
        kind="no-competence",
        detail=(
            f"File {file} needs a reviewer with the competence {problem.someone_with}, but none of the {versed} jurors "
            f"who declared it may review the file. {_in_words(smallest)}"
        ),
        files=(file,),
        jurors=(),
        needed=1,
        available=0,
        smallest=smallest,
    )


def _over_capacity(problem: AssignmentProblem, needed: int, available: int) -> Reason:
    files, jurors = len(problem.files), len(problem.jurors)
    if problem.submitted or problem.limits:
        sums = (
            f"{files} files still need {needed} reviews, more than the {available} that {jurors} jurors can still give."
        )
    else:
        sums = (
            f"{files} files × {problem.reviews_per_file} reviews = {needed}, "
            f"more than {jurors} jurors × {problem.files_per_juror} files = {available}."
        )
    smallest = smallest_conflict(problem, problem.files, problem.jurors)
    return Reason(
        kind="capacity",
        detail=f"{sums} {_in_words(smallest)}",
        files=problem.files,
        jurors=problem.jurors,
        needed=needed,
        available=available,
        smallest=smallest,
    )


def bottleneck(
    problem: AssignmentProblem,
    files: Collection[UUID],
    jurors: Collection[UUID],
    *,
    versed_for: Collection[UUID] = (),
) -> Reason:
    """These files depend on these jurors, who have too little room (Hall's condition, violated).

    `versed_for` are files that only lack the one reviewer of the competence that somebody must have.
    """
    needed = sum(problem.needs(file) for file in files) + len(versed_for)
    room = sum(problem.room(juror) for juror in jurors)
    elsewhere = sum(len(set(problem.may_read(file)) - set(jurors)) for file in files)
    elsewhere += sum(
        1 for file in versed_for for one in set(problem.may_read(file)) - set(jurors) if problem.is_versed(one)
    )
    smallest = smallest_conflict(problem, files, jurors, versed_for=versed_for)
    wants = [f"Files {_listed(files)} need {needed - len(versed_for)} reviews together"] if files else []
    if versed_for:
        wants.append(f"files {_listed(versed_for)} a reviewer with the competence {problem.someone_with} each")
    others = f", and others can give {elsewhere}" if elsewhere else ""
    return Reason(
        kind="bottleneck",
        detail=(
            f"{_capital(' and '.join(wants))}, but jurors {_listed(jurors)} have room for {room}"
            f"{others}: {needed - room - elsewhere} too few. {_in_words(smallest)}"
        ),
        files=tuple(sorted({*files, *versed_for})),
        jurors=tuple(sorted(jurors)),
        needed=needed,
        available=room + elsewhere,
        smallest=smallest,
    )


def _in_words(smallest: Collection[Constraint]) -> str:
    """The smallest set as one sentence, its rules one after the other."""
    parts = []
    for rule in Rule:
        those = [constraint for constraint in smallest if constraint.rule == rule]
        if those:
            parts.append(f"{rule.words} ({_named(those)})")
    return f"These can't hold together, and without any one of them the others could: {'; '.join(parts)}."


def _named(constraints: list[Constraint]) -> str:
    return _some([constraint.name for constraint in constraints])


def _listed(ids: Collection[UUID]) -> str:
    return _some([str(one) for one in sorted(ids)])


def _some(names: list[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
