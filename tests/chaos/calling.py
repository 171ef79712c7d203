"""The callers of the APIs: each means a write, asks until it is answered, and writes down how that ended."""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from tests.chaos.entries import PREFIX
from tests.chaos.history import History

AT_ONCE = 4
ANSWERED_WITHIN_SECONDS = 4.0
ATTEMPTS = 4
PAUSE_SECONDS = 0.3
REFUSED_SHARE = 0.03
OVERSIZE_BYTES = 950_000
"""More than the relay sends, and less than Kafka takes: operators can let it go without a change of topics."""


@dataclass
class Caller:
    """Asks again whoever answers, with the same idempotency key: a write is meant once, however often it is sent."""

    client: httpx.AsyncClient
    apis: Sequence[str]
    history: History
    dice: random.Random

    async def write(
        self, write_id: str, *, file_id: str, chokes: tuple[str, ...] = (), padding: int = 0, refused: bool = False
    ) -> bool:
        """True if it was acknowledged. If not, it may have been committed nevertheless."""
        self.history.meant(write_id, key=file_id, chokes=chokes, oversize=padding >= OVERSIZE_BYTES, refused=refused)
        body = {"write_id": write_id, "file_id": file_id, "chokes": chokes, "padding": padding, "refused": refused}
        first, fault = self.dice.randrange(len(self.apis)), ""
        for attempt in range(ATTEMPTS):
            api = self.apis[(first + attempt) % len(self.apis)]
            try:
                answer = await self.client.post(
                    f"{api}{PREFIX}/entries", json=body, headers={"Idempotency-Key": write_id}
                )
            except httpx.HTTPError as lost:
                fault = type(lost).__name__
            else:
                if answer.status_code == 201:
                    self.history.acknowledged(write_id, repeated="Idempotency-Replayed" in answer.headers)
                    return True
                if answer.status_code == 409 and refused:
                    return False
                fault = str(answer.status_code)
            await asyncio.sleep(PAUSE_SECONDS)
        self.history.failed(write_id, fault)
        return False


def make_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=ANSWERED_WITHIN_SECONDS, trust_env=False)


async def keep_writing(
    history: History, *, name: str, apis: Sequence[str], files: Sequence[str], rate: float, leaving: asyncio.Event
) -> None:
    """Writes of its own choice, several at a time, `rate` a second of them all; until told to leave."""

    async def one_after_the_other(client: httpx.AsyncClient, number: int) -> None:
        dice = random.Random(f"{name}/{number}")
        caller = Caller(client, apis, history, dice)
        written = 0
        while not leaving.is_set():
            written += 1
            await caller.write(
                f"{name}/{number}/{written}",
                file_id=dice.choice(files),
                padding=dice.randrange(1500),
                refused=dice.random() < REFUSED_SHARE,
            )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(leaving.wait(), dice.expovariate(rate / AT_ONCE))

    async with make_client() as client:
        await asyncio.gather(*(one_after_the_other(client, number) for number in range(AT_ONCE)))
