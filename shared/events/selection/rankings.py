"""Rankings: frozen, and then published with the results that rest on them."""

from datetime import datetime
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


class RankingPublished(Event):
    """The results that rest on this ranking are published; whoever was ranked or judged may keep the proof of it.

    It names no file and no juror. What it was made from fixes it: `inputs_digest`, `method` and `seed`. A digest of the
    result is left out, as the few scores of a short ranking could be guessed from it; that is in the frozen event.
    """

    TYPE: ClassVar[str] = "io.datacity.ranking.published.v1"
    SUBJECT: ClassVar[str] = "ranking_id"

    ranking_id: UUID
    jury_id: UUID
    challenge_id: UUID
    edition_id: UUID
    results_id: UUID
    method: str
    inputs_digest: str
    places: int | None = None
    seed: int | None = None
    file_count: int
    frozen_at: datetime
    published_at: datetime
