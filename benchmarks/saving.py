"""Saving: how long a save of a draft takes while 200 people write at once, upload their decks, and hand in.

    datacity bench saving [--events 6000] [--people 200]

Ours is `datacity serve applications`, one process beside its PostgreSQL (fsync on). Everybody has a page that saves the
field written in, some two seconds after the save before; every tenth also sends a deck in pieces by tus, and hands in
at the end. Then what each page was told is compared with the database: none may be lost.
"""

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import asyncpg

from benchmarks.http_load import answered, request
from benchmarks.measuring import Measured, Result, Target, metered, percentiles, quieten, tell
from benchmarks.season import open_season
from benchmarks.submit import free_port, serving
from infra.demo.deck import pitch_deck
from infra.local.home import Home
from infra.local.issuer import Issuer, TokenRequest
from shared.database import make_engine
from shared.database.engine import asyncpg_dsn
from shared.database.migrate import upgrade
from shared.events import applications
from shared.work import Works
from tests.support.stack import Backbone, local_backbone

PEOPLE = 200
PAUSE = 2.0
"""Seconds between two saves of a page, on average."""
PIECE = 2**18
DECK = pitch_deck("Invented Sensors") + b"%" + bytes(2**20)
PREFIX = "/api/applications/v1/applications"


@dataclass
class Page:
    """One person's page, and the connection that its browser keeps."""

    application_id: UUID
    token: str
    port: int
    chance: random.Random
    base: int = 1
    pen: str = field(default_factory=lambda: str(uuid4()))
    text: str = "We listen to pipes."
    shown: str = ""
    milliseconds: list[float] = field(default_factory=list)

    async def write(self, saves: int, *, pause: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for number in range(saves):
            await asyncio.sleep(self.chance.uniform(0, 2 * pause))
            self.text += f" And after a night we know {number} places where water is lost."
            body = {"base": self.base, "pen": self.pen, "answers": {"solution": self.text}}
            began = time.perf_counter()
            writer.write(self._request("POST", "saves", json.dumps(body).encode(), "application/json"))
            status, _, answer = await answered(reader)
            self.milliseconds.append((time.perf_counter() - began) * 1000)
            _require(status, 200, answer)
            self.base, self.shown = json.loads(answer)["base"], self.text
        writer.close()

    async def send_deck(self) -> None:
        """By tus, in pieces."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(self._request("POST", "uploads", b"", None, **{"Upload-Length": str(len(DECK))}))
        status, headers, answer = await answered(reader)
        _require(status, 201, answer)
        path = headers["location"].rpartition(str(self.application_id))[2].lstrip("/")
        for offset in range(0, len(DECK), PIECE):
            piece = DECK[offset : offset + PIECE]
            media_type = "application/offset+octet-stream"
            writer.write(self._request("PATCH", path, piece, media_type, **{"Upload-Offset": str(offset)}))
            status, _, answer = await answered(reader)
            _require(status, 204, answer)
        writer.close()

    async def hand_in(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(self._request("POST", "submit", b"", None, **{"Idempotency-Key": str(uuid4())}))
        status, _, answer = await answered(reader)
        _require(status, 200, answer)
        writer.close()

    def _request(self, method: str, path: str, body: bytes, media_type: str | None, **headers: str) -> bytes:
        said = {"authorization": f"Bearer {self.token}", "tus-resumable": "1.0.0", **headers}
        said |= {"content-type": media_type} if media_type else {}
        return request(method, f"{PREFIX}/{self.application_id}/{path}", body=body, headers=said)


async def measure(backbone: Backbone, saves: int, *, people: int = PEOPLE, pause: float = PAUSE) -> Result:
    """So many saves by so many people."""
    home = Home.at(tempfile.mkdtemp(prefix="datacity-bench-saving-"))
    home.create()
    try:
        measured = await ours(backbone, home, saves, people=people, pause=pause)
    finally:
        shutil.rmtree(home.path, ignore_errors=True)
    settings = {"events": saves, "people": people, "pause_seconds": pause}
    target = Target("p95 of a save, in milliseconds", measured.details["p95_ms"], 500, at_least=False)
    return Result("saving", "ms, p95", settings, [measured], [target])


async def ours(backbone: Backbone, home: Home, saves: int, *, people: int, pause: float) -> Measured:
    database = await backbone.fresh_database("applications")
    await upgrade("applications", database.owner_url)
    dsn = asyncpg_dsn(database.runtime_url)
    engine = make_engine(database.runtime_url, service="bench")
    ready = await open_season(Works(engine, service="applications", topic=applications.TOPIC), people)
    await engine.dispose()
    issuer_port, port = free_port(), free_port()
    issuer_url = f"http://127.0.0.1:{issuer_port}"
    environment = {
        "DATACITY_ENVIRONMENT": "development",
        "DATACITY_HOME": str(home.path),
        "DATACITY_ISSUER": issuer_url,
        "DATACITY_KAFKA": backbone.kafka,
        "DATACITY_DATABASE_URL": database.runtime_url,
        "DATACITY_RATE_LIMIT_PER_MINUTE": "0",
    }
    datacity = [sys.executable, "-m", "infra.cli"]
    serve = [*datacity, "serve", "applications", "--role", "api", "--port", str(port)]
    async with (
        serving([*datacity, "dev", "issuer", "--port", str(issuer_port)], issuer_port, "/healthz", environment, home),
        serving(serve, port, "/readyz", environment, home) as pid,
    ):
        pages = opened(ready, Issuer(issuer_url, home.issuer / "key.pem"), port)
        tell(f"  {people} people")
        async with metered(dsn, kafka=backbone.kafka, own=[pid]) as meter:
            began = time.perf_counter()
            await day_before(pages, saves // people, pause=pause)
            meter.seconds = time.perf_counter() - began
    await require_kept(dsn, pages)
    waits = percentiles([each for page in pages for each in page.milliseconds])
    costs, seconds = meter.costs(saves), round(meter.seconds, 3)
    return Measured("ours", waits["p95_ms"], saves, seconds, costs, details=waits)


async def day_before(pages: Sequence[Page], saves: int, *, pause: float) -> None:
    """Everybody writes; every tenth sends a deck meanwhile and hands in afterwards."""
    tenth = pages[::10]
    await asyncio.gather(*(page.write(saves, pause=pause) for page in pages), *(page.send_deck() for page in tenth))
    await asyncio.gather(*(page.hand_in() for page in tenth))


def opened(ready: Sequence[tuple[UUID, UUID]], issuer: Issuer, port: int) -> list[Page]:
    now = int(time.time())
    return [
        Page(
            application_id,
            issuer.mint(TokenRequest(str(lead_id), ["applicant"], None, "datacity", 3600), now=now),
            port,
            random.Random(str(lead_id)),
        )
        for application_id, lead_id in ready
    ]


async def require_kept(dsn: str, pages: Sequence[Page]) -> None:
    """Raises unless everything that was shown as saved, sent or handed in is there."""
    connection = await asyncpg.connect(dsn)
    try:
        said = dict(await connection.fetch("SELECT id, answers ->> 'solution' FROM application"))
        decks = await connection.fetchval("SELECT count(*) FROM attachment WHERE size = $1", len(DECK))
        revisions = await connection.fetchval("SELECT count(*) FROM revision")
    finally:
        await connection.close()
    lost = sum(said[page.application_id] != page.shown for page in pages)
    tenth = len(pages[::10])
    if lost or (decks, revisions) != (tenth, tenth):
        message = f"{lost} texts are not as they were shown, {decks} decks, {revisions} revisions of {tenth}"
        raise RuntimeError(message)


def _require(status: int, wanted: int, answer: bytes) -> None:
    if status != wanted:
        message = f"{wanted} was expected, answered {status}: {answer.decode(errors='replace')[:500]}"
        raise RuntimeError(message)


async def alone(saves: int, *, people: int, pause: float) -> Result:
    async with local_backbone(own=True) as backbone:
        return await measure(backbone, saves, people=people, pause=pause)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=6_000, help="saves altogether")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--pause", type=float, default=PAUSE, help="seconds between two saves of a page, on average")
    given = parser.parse_args()
    quieten()
    asyncio.run(alone(given.events, people=given.people, pause=given.pause)).print()


if __name__ == "__main__":
    main()
