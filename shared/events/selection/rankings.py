"""Frozen rankings."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events.envelope import Event


class RankedFile(BaseModel):
    """A line of a ranking. `score` is on the scale from 0 to 100; files with equal scores share a rank."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    application_id: UUID
    rank: int
    score: float
    reviews: int


class RankingFrozen(Event):
    """A challenge's ranking, with the digest of its inputs and its method: a later change can't move it.

    With `severity-corrected/1` there is a cut after so many `places`, and a seed of its draws.
    """

    TYPE: ClassVar[str] = "io.datacity.ranking.frozen.v1"
    SUBJECT: ClassVar[str] = "ranking_id"

    ranking_id: UUID
    challenge_id: UUID
    edition_id: UUID
    method: str
    inputs_digest: str
    files: list[RankedFile]
    result_digest: str | None = None
    places: int | None = None
    seed: int | None = None
    libraries: dict[str, str] | None = None
