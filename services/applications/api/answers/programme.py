"""How editions, challenges and calls look to those who may read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, WithJsonSchema

from services.applications import models
from services.applications.domain import calls
from services.applications.domain.calls import Phase
from services.applications.domain.challenges import ChallengeStatus
from services.applications.schedules import Schedule
from shared import clock
from shared.http import View


class EditionView(View):
    """A city's programme."""

    id: UUID
    version: int
    city: str
    title: dict[str, str] = Field(description="By language: fr, ar, en.")
    zone: str
    created_at: datetime


class ChallengeView(View):
    """A problem that startups answer."""

    id: UUID
    version: int
    edition_id: UUID
    partner: str
    title: dict[str, str] = Field(description="By language: fr, ar, en.")
    description: dict[str, str]
    status: ChallengeStatus
    created_at: datetime
    published_at: datetime | None


class DeadlineView(View):
    """A time as it was decided (wall time, zone), and as it was resolved (instant, and by which tzdata)."""

    local: Annotated[datetime, WithJsonSchema({"type": "string", "examples": ["2026-12-31T23:59:00"]})] = Field(
        description="As clocks in the zone show it; without offset."
    )
    zone: str
    instant: datetime = Field(description="The same in UTC. This is what counts.")
    tzdata_version: str
    in_words: str

    @classmethod
    def of(cls, deadline: clock.Deadline) -> Self:
        return cls(
            local=deadline.local,
            zone=deadline.zone,
            instant=deadline.instant,
            tzdata_version=deadline.tzdata_version,
            in_words=clock.in_words(deadline),
        )


class CallView(View):
    """A call, and the rules by which it takes files."""

    id: UUID
    version: int
    edition_id: UUID
    status: Phase
    challenge_ids: list[UUID]
    opens: DeadlineView
    closes: DeadlineView = Field(description="The deadline of every challenge that has none of its own.")
    challenge_deadlines: dict[UUID, DeadlineView]
    grace_seconds: int = Field(description="How long after a deadline files are still taken.")
    last_deadline_at: datetime = Field(description="When the last could hand in, those with more time included.")
    closed_at: datetime | None
    opened_at: datetime | None = Field(description="When staff opened the files.")
    now: datetime = Field(description="The server's clock, by which all of this is decided.")

    @classmethod
    def of(cls, schedule: Schedule, *, offered: list[UUID], now: datetime) -> Self:
        call = schedule.call
        return cls(
            id=call.id,
            version=call.version,
            edition_id=call.edition_id,
            status=phase_of(call, now=now),
            challenge_ids=offered,
            opens=DeadlineView.of(schedule.opens),
            closes=DeadlineView.of(schedule.closes),
            challenge_deadlines={id_: DeadlineView.of(deadline) for id_, deadline in schedule.own.items()},
            grace_seconds=int(schedule.grace.total_seconds()),
            last_deadline_at=call.last_deadline_at,
            closed_at=call.closed_at,
            opened_at=call.opened_at,
            now=now,
        )


class CallLine(View):
    """A call in a list."""

    id: UUID
    version: int
    edition_id: UUID
    status: Phase
    opens_at: datetime
    last_deadline_at: datetime

    @classmethod
    def of(cls, call: models.Call, *, now: datetime) -> Self:
        return cls(
            id=call.id,
            version=call.version,
            edition_id=call.edition_id,
            status=phase_of(call, now=now),
            opens_at=call.opens_at,
            last_deadline_at=call.last_deadline_at,
        )


def phase_of(call: models.Call, *, now: datetime) -> Phase:
    return calls.phase(status=call.status, opens_at=call.opens_at, last_deadline_at=call.last_deadline_at, now=now)


def by_language(words: Mapping[str, str | None]) -> dict[str, str]:
    return {language: text for language, text in words.items() if text is not None}
