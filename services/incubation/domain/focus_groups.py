"""Who makes a focus group: one Numa representative, and at least one person responsible at the partner."""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from shared.errors import Conflict, FieldError, Invalid

ORGANISER = "numa"
"""The organisation that animates and moderates every focus group."""


class Represents(Protocol):
    @property
    def person_id(self) -> UUID: ...
    @property
    def organisation(self) -> str: ...


class FocusGroupComposition(Invalid):
    slug = "focus-group-composition"

    def __init__(self, *, partner: str, problems: list[str]) -> None:
        super().__init__(
            f"A focus group has exactly one representative of {ORGANISER} and at least one of {partner}, "
            f"the challenge's partner, and nobody else: {'; '.join(problems)}. Correct `representatives`.",
            errors=[
                FieldError(pointer="#/representatives", detail=problem, code="composition") for problem in problems
            ],
            partner=partner,
        )


class FocusGroupExists(Conflict):
    slug = "focus-group-exists"

    def __init__(self, *, focus_group_id: UUID) -> None:
        super().__init__(
            "The challenge has its focus group already; there is one per challenge. Read that one.",
            focus_group_id=focus_group_id,
        )


def compose(representatives: Sequence[Represents], *, partner: str) -> tuple[UUID, list[UUID]]:
    """Numa's representative and the partner's. Raises FocusGroupComposition, which names all that is wrong."""
    of_numa = [each.person_id for each in representatives if each.organisation == ORGANISER]
    of_partner = [each.person_id for each in representatives if each.organisation == partner]
    problems = []
    if len(of_numa) != 1:
        problems.append(f"it has {len(of_numa)} of {ORGANISER}")
    if not of_partner:
        problems.append(f"it has nobody of {partner}")
    if strangers := sorted({each.organisation for each in representatives} - {ORGANISER, partner}):
        problems.append(f"it has somebody of {', '.join(strangers)}")
    if any(count > 1 for count in Counter(each.person_id for each in representatives).values()):
        problems.append("it names a person twice")
    if problems:
        raise FocusGroupComposition(partner=partner, problems=problems)
    return of_numa[0], of_partner
