"""What a letter says beside its template: times in the edition's zone and in UTC, titles, reasons."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.models import Challenge, Edition, File, Workshop
from services.notifications.writing import vocabulary
from services.notifications.writing.vocabulary import in_language
from shared import clock
from shared.errors import Invalid

_INSTANTS = ("submitted_at", "revised_at", "withdrawn_at", "expires_at", "opens_at", "began_at", "ended_at")


async def context_of(facts: Mapping[str, Any], *, language: str, session: AsyncSession) -> dict[str, Any]:
    """The template's variables. What is not known yet, as events of two stories may cross, is said in general words."""
    context: dict[str, Any] = dict(facts)
    zone = await _zone(facts, session)
    for name in _INSTANTS:
        if facts.get(name):
            context[name] = both_times(datetime.fromisoformat(facts[name]), zone)
    for name in ("deadline", "until"):
        if deadline := facts.get(name):
            context[name] = deadline_in_words(deadline)
    if "challenge_id" in facts:
        context["challenge"] = await _challenge(facts["challenge_id"], language, session)
    if "cause" in facts:
        context |= await _move(facts, language, session)
    if partner := facts.get("partner"):
        context["partner"] = partner.replace("-", " ").title()
    if "workshop_id" in facts:
        context |= await _workshop(UUID(facts["workshop_id"]), language, session)
    if kind := facts.get("kind"):
        context["kind"] = in_language(vocabulary.KINDS.get(kind, vocabulary.KINDS["other"]), language)
    if role := facts.get("role"):
        context["role"] = in_language(vocabulary.ROLES.get(role, {language: role}), language)
    if "reasons" in facts:
        context["reasons"] = [
            in_language(vocabulary.REASONS.get(each, {language: each}), language) for each in facts["reasons"]
        ]
    return context


def both_times(instant: datetime, zone: str | None) -> str:
    """`2017-02-28 22:10 Africa/Casablanca (2017-02-28 22:10 UTC)`: the same in all languages."""
    utc = f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if zone is None:
        return utc
    return f"{instant.astimezone(clock.zone_named(zone)):%Y-%m-%d %H:%M} {zone} ({utc})"


def deadline_in_words(deadline: Mapping[str, Any]) -> str:
    """The deadline as it was decided, by the wall clock, and the instant that it was resolved to."""
    local = datetime.fromisoformat(deadline["local"])
    instant = datetime.fromisoformat(deadline["instant"]).astimezone(UTC)
    return f"{local:%Y-%m-%d %H:%M} {deadline['zone']} ({instant:%Y-%m-%d %H:%M} UTC)"


async def _zone(facts: Mapping[str, Any], session: AsyncSession) -> str | None:
    if deadline := facts.get("deadline") or facts.get("until"):
        return _known(deadline["zone"])
    edition_id = facts.get("edition_id")
    if edition_id is None and "application_id" in facts:
        file = await session.get(File, UUID(facts["application_id"]))
        edition_id = file.edition_id if file else None
    return await _zone_of_edition(edition_id, session)


async def _zone_of_edition(edition_id: str | UUID | None, session: AsyncSession) -> str | None:
    edition = await session.get(Edition, UUID(str(edition_id))) if edition_id else None
    return _known(edition.zone) if edition else None


def _known(zone: str) -> str | None:
    """None for a zone that this machine's data does not have: UTC alone is said then."""
    try:
        clock.zone_named(zone)
    except Invalid:
        return None
    return zone


async def _move(facts: Mapping[str, Any], language: str, session: AsyncSession) -> dict[str, Any]:
    """Why deadlines moved, and those of single challenges."""
    return {
        "because": in_language(vocabulary.MOVED[facts["cause"]], language),
        "challenge_deadlines": [
            {"challenge": await _challenge(id_, language, session), "deadline": deadline_in_words(deadline)}
            for id_, deadline in facts.get("challenge_deadlines", {}).items()
        ],
    }


async def _challenge(challenge_id: str, language: str, session: AsyncSession) -> str:
    challenge = await session.get(Challenge, UUID(challenge_id))
    return in_language(challenge.title if challenge else vocabulary.A_CHALLENGE, language)


async def _workshop(workshop_id: UUID, language: str, session: AsyncSession) -> dict[str, Any]:
    workshop = await session.get(Workshop, workshop_id)
    if workshop is None:
        return {"workshop": in_language(vocabulary.A_WORKSHOP, language), "starts_at": None, "place": None}
    zone = await _zone_of_edition(workshop.edition_id, session)
    return {
        "workshop": in_language(workshop.title, language),
        "starts_at": both_times(workshop.starts_at, zone),
        "place": workshop.place,
    }
