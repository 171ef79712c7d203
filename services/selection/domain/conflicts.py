"""What a conflict of interest may become, in which states it bars, and why a person's word outlasts an inference."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from uuid import UUID

from services.selection.domain.conflict_graph import Path
from shared.errors import Conflict


class ConflictState(StrEnum):
    DECLARED = "declared"
    """The juror said so: nobody takes that back."""
    PROPOSED = "proposed"
    """Inferred from ties, and not yet looked at by a person: it bars already."""
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    """A person found that the ties don't matter; ties that come to light later are proposed again."""


BARRING = frozenset({ConflictState.DECLARED, ConflictState.PROPOSED, ConflictState.CONFIRMED})
"""In which states the file does not exist for the juror."""

D, P, C, X = ConflictState

BY_A_PERSON: Mapping[ConflictState | None, frozenset[ConflictState]] = {
    None: frozenset({D, C, X}),
    P: frozenset({D, C, X}),
    C: frozenset({D, X}),
    X: frozenset({D, C}),
    D: frozenset(),
}
"""What the juror (declared) and staff (confirmed, dismissed) may make of it."""

KEPT = 20
"""Paths that are kept of one conflict: the shortest; a person who decides needs no more."""


class ConflictSettled(Conflict):
    slug = "conflict-settled"

    def __init__(self, state: ConflictState) -> None:
        why = {
            D: "The juror declared it, and that stands: ask another juror to review the file.",
            C: "It is confirmed already. Nothing is left to do; dismiss it if that was wrong.",
            X: "It is dismissed already. Nothing is left to do; confirm it if that was wrong.",
            P: "It is proposed already.",
        }
        super().__init__(f"This conflict of interest is {state}. {why[state]}", state=str(state))


class ConflictsUndecided(Conflict):
    slug = "conflicts-undecided"

    def __init__(self, conflict_ids: Collection[UUID]) -> None:
        super().__init__(
            "Ties bind jurors to files that they reviewed, and nobody has decided whether that matters. Confirm each "
            "of these conflicts, which sets its review aside, or dismiss it; then freeze the ranking.",
            conflicts=sorted(str(conflict) for conflict in conflict_ids),
        )


def check_decided(undecided: Collection[UUID]) -> None:
    """Raise ConflictsUndecided if a review would count whose juror may be in conflict."""
    if undecided:
        raise ConflictsUndecided(undecided)


def decide(state: ConflictState | None, to: ConflictState, *, pinned: bool, pin: bool) -> ConflictState:
    """What a person makes of it. Raises ConflictSettled. To pin what was decided, or to free it, is a decision too."""
    if to not in BY_A_PERSON[state] and (state == D or state != to or pinned == pin):
        raise ConflictSettled(state or to)
    return to


def infer(
    state: ConflictState | None, *, pinned: bool, known: Collection[Path], found: Sequence[Path]
) -> ConflictState | None:
    """What ties make of it: proposed if nobody has looked at them yet. A pin and a declaration stay as they are.

    Ties that are no longer there change nothing: a juror can't clear itself by taking back what it stated.
    """
    if state is None:
        return P if found else None
    if state == X and not pinned and set(found) - set(known):
        return P
    return state


def evidence(known: Sequence[Path], found: Sequence[Path]) -> list[Path]:
    """All paths that there ever were, the shortest first."""
    return sorted({*known, *found}, key=lambda path: (len(path), path))[:KEPT]
