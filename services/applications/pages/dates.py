"""What a form says of a call's dates: the opening, the deadline of all, those of single challenges, the grace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.applications.commands import WallTime
from services.applications.domain.deadlines import LONGEST_GRACE
from services.applications.schedules import Schedule
from services.applications.times import LocalTime

OWN = "own-"
"""Before a challenge's id: the name of the field of its own deadline."""


class DatesForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    opens: LocalTime
    closes: LocalTime
    own: dict[UUID, LocalTime] = Field(default_factory=dict)
    grace: Annotated[int, Field(ge=0, le=LONGEST_GRACE)] = 0

    @property
    def grace_given(self) -> timedelta:
        return timedelta(seconds=self.grace)

    def own_in(self, zone: str, *, among: Sequence[UUID] | None = None) -> dict[UUID, WallTime]:
        """By challenge; of those that are named here, if any are."""
        return {id_: WallTime(local, zone) for id_, local in self.own.items() if among is None or id_ in among}


@dataclass(frozen=True, kw_only=True)
class Told:
    """The dates, or which fields are wrong; and what stood in all of them."""

    given: Mapping[str, str] = field(default_factory=dict)
    dates: DatesForm | None = None
    wrong: frozenset[str] = frozenset()

    def value(self, name: str) -> str:
        return self.given.get(name, "")


def read(fields: Sequence[tuple[str, str]]) -> Told:
    """What was left empty is as if it were not there."""
    given = dict(fields)
    sent: dict[str, Any] = {name: given[name] for name in ("opens", "closes", "grace") if given.get(name, "").strip()}
    sent["own"] = {
        name.removeprefix(OWN): value for name, value in given.items() if name.startswith(OWN) and value.strip()
    }
    try:
        return Told(given=given, dates=DatesForm.model_validate(sent))
    except ValidationError as error:
        wrong = frozenset(_name(each["loc"]) for each in error.errors())
        return Told(given=given, wrong=wrong)


def as_set(schedule: Schedule) -> Told:
    """The dates that count now, for a form that sets them anew."""
    walls = {"opens": schedule.opens, "closes": schedule.closes}
    walls |= {f"{OWN}{id_}": deadline for id_, deadline in schedule.own.items()}
    given = {name: deadline.local.isoformat(timespec="minutes") for name, deadline in walls.items()}
    return Told(given=given | {"grace": str(int(schedule.grace.total_seconds()))})


def _name(loc: tuple[int | str, ...]) -> str:
    return f"{OWN}{loc[1]}" if loc[0] == "own" and len(loc) > 1 else str(loc[0])
