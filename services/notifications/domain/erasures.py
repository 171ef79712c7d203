"""What became of a person's wish to be forgotten, as the log tells it: what each service erased, and who is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

FORGOTTEN = "io.datacity.person.forgotten.v1"
DEFERRED = "io.datacity.erasure.deferred.v1"
PERSON_ERASED = "io.datacity.person.erased.v1"
DOSSIER_ERASED = "io.datacity.dossier.erased.v1"
OF_PERSON = (FORGOTTEN, DEFERRED, PERSON_ERASED)


class Told(Protocol):
    """An entry of the log, as far as it matters here."""

    @property
    def type(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def happened_at(self) -> datetime: ...
    @property
    def data(self) -> Any: ...


@dataclass(kw_only=True)
class Answer:
    """What one service erased, all of its answers together, and what it keeps."""

    erased: dict[str, int] = field(default_factory=dict)
    kept: list[Mapping[str, Any]] = field(default_factory=list)
    last_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """State, and service by service what went, what stays, and of which tombstone no answer came yet."""

    state: str
    """`deferred` while an obligation keeps the person known; else `forgotten`."""
    ordered_at: datetime
    until: str | None
    kept: list[Mapping[str, Any]]
    """What the obligation keeps."""
    dossiers: list[tuple[str, int]]
    answers: dict[str, Answer]
    missing: dict[str, list[str]]
    """Service → the tombstones that it has not answered."""

    @property
    def complete(self) -> bool:
        return self.state == "forgotten" and not self.missing


def dossiers_in(told: Sequence[Told]) -> list[tuple[str, int]]:
    """Application and revision of each file's tombstone that was sent for the person."""
    found: dict[tuple[str, int], None] = {}
    for each in told:
        for dossier in each.data.get("dossiers", ()):
            found[dossier["application_id"], dossier["revision"]] = None
    return list(found)


def report(
    person_id: str, told: Sequence[Told], of_dossiers: Sequence[Told], *, holders: Mapping[str, Sequence[str]]
) -> Report | None:
    """None if nothing was ever told of such a wish. `holders`: topic → who must answer its tombstones."""
    of_person = [each for each in told if each.type in OF_PERSON]
    if not of_person:
        return None
    orders = [each for each in of_person if each.type in {FORGOTTEN, DEFERRED}]
    forgotten = [each for each in of_person if each.type != DEFERRED]
    dossiers = dossiers_in(orders)
    answers = _answers([*of_person, *of_dossiers], dossiers)
    has_account = bool(orders)
    awaited: dict[str, Sequence[str]] = {}
    if forgotten:
        awaited[f"people.v1 {person_id}"] = _people_holders(holders, has_account)
    awaited |= {f"dossiers.v1 {id_}/{number}": holders["dossiers.v1"] for id_, number in dossiers}
    answered = {f"people.v1 {person_id}": _who(of_person, PERSON_ERASED)} | {
        f"dossiers.v1 {id_}/{number}": _who(of_dossiers, DOSSIER_ERASED, application_id=id_, revision=number)
        for id_, number in dossiers
    }
    missing: dict[str, list[str]] = {}
    for tombstone, services in awaited.items():
        for service in services:
            if service not in answered[tombstone]:
                missing.setdefault(service, []).append(tombstone)
    last_deferral = next((each.data for each in reversed(orders) if each.type == DEFERRED), None)
    deferred = last_deferral if not forgotten else None
    return Report(
        state="forgotten" if forgotten else "deferred",
        ordered_at=min(each.happened_at for each in of_person),
        until=deferred["until"] if deferred else None,
        kept=list(deferred["kept"]) if deferred else [],
        dossiers=dossiers,
        answers=answers,
        missing=missing,
    )


def _people_holders(holders: Mapping[str, Sequence[str]], has_account: bool) -> list[str]:
    """Of a workshop's guest, who has no account, applications knows nothing."""
    return [service for service in holders["people.v1"] if has_account or service != "applications"]


def _who(told: Sequence[Told], type_: str, **about: Any) -> set[str]:
    return {
        each.source.rpartition("/")[2]
        for each in told
        if each.type == type_ and all(each.data.get(name) == value for name, value in about.items())
    }


def _answers(told: Sequence[Told], dossiers: Sequence[tuple[str, int]]) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for each in told:
        data = each.data
        if each.type not in {PERSON_ERASED, DOSSIER_ERASED}:
            continue
        if each.type == DOSSIER_ERASED and (data["application_id"], data["revision"]) not in dossiers:
            continue
        answer = found.setdefault(each.source.rpartition("/")[2], Answer())
        for table, rows in data["erased"].items():
            answer.erased[table] = answer.erased.get(table, 0) + rows
        if each.type == PERSON_ERASED:
            answer.kept = list(data["kept"])
        answer.last_at = max(answer.last_at or each.happened_at, each.happened_at)
    return found
