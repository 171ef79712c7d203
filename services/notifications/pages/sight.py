"""What one reader may see: facts without others' scores for who judges, names for staff who don't, ids for the rest."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.domain.journal import KEPT_FROM_JURORS, for_juror
from services.notifications.models import Entry
from services.notifications.permissions import PERMISSIONS
from services.notifications.views import entries as views
from shared.identity import Actor

PEOPLE = frozenset(
    {
        "actor", "authorised_by", "coach_id", "juror_id", "juror_ids", "lead_id", "member_ids",
        "numa_representative_id", "partner_representative_ids", "person_id",
    }
)  # fmt: skip
"""The facts that name persons, by their ids."""


class Sight:
    """Made for one reader and some entries; knows the names it may tell."""

    def __init__(self, reader: Actor, names: Mapping[str, str]) -> None:
        self._judges = reader.holds("juror")
        self._names = names

    @classmethod
    async def of(cls, reader: Actor, entries: Iterable[Entry], session: AsyncSession) -> "Sight":
        """Names are not even read for a reader who may not see them."""
        if not sees_names(reader):
            return cls(reader, {})
        return cls(reader, await views.names_of(session, {id_ for each in entries for id_ in _people_of(each)}))

    def facts(self, entry: Entry) -> Any:
        return for_juror(entry.data, entry.type) if self._judges else entry.data

    def hides(self, entry: Entry) -> bool:
        """Whether bytes and digest are kept back too: a few scores are soon guessed."""
        return self._judges and entry.type in KEPT_FROM_JURORS

    def name(self, person_id: str) -> str | None:
        return self._names.get(person_id)


def sees_names(reader: Actor) -> bool:
    """Whoever judges files must not learn here whose they are, whatever else they are."""
    return bool(PERMISSIONS.decide(reader, "read_people")) and not reader.holds("juror")


def _people_of(entry: Entry) -> set[str]:
    found = {entry.actor}
    facts = entry.data if isinstance(entry.data, dict) else {}
    for name in PEOPLE & facts.keys():
        value = facts[name]
        found |= {each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)}
    return found


def is_id(text: object) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True
