"""What the outside took over is recorded, however long the database is away."""

from typing import Any

import pytest

from services.notifications.jobs import outages
from services.notifications.jobs.outages import MOST_TRIES, through_outages
from services.notifications.signals import Signal


class Database:
    """Away for so many questions."""

    def __init__(self, away_for: int) -> None:
        self.away_for = away_for
        self.engine = self

    async def answer(self, _engine: Any) -> None:
        self.away_for -= 1
        if self.away_for >= 0:
            raise ConnectionRefusedError


class Recording:
    """Fails so many times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.tried = 0

    async def __call__(self) -> None:
        self.tried += 1
        if self.tried <= self.failures:
            raise TimeoutError


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(outages, "LONGEST_PAUSE_SECONDS", 0.001)


async def test_it_is_recorded_once_the_database_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    database, recording = Database(away_for=50), Recording(failures=50)
    monkeypatch.setattr(outages, "ping", database.answer)

    await through_outages(recording, database)  # type: ignore[arg-type]  # all it needs of Works is the engine

    assert recording.tried == 51


async def test_what_fails_although_the_database_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    database, recording = Database(away_for=0), Recording(failures=100)
    monkeypatch.setattr(outages, "ping", database.answer)

    with pytest.raises(TimeoutError):
        await through_outages(recording, database)  # type: ignore[arg-type]  # as above

    assert recording.tried == MOST_TRIES


async def test_a_signal_wakes_all_who_wait_and_is_forgotten() -> None:
    signal = Signal()

    signal.send()
    await signal.wait(at_most=0.01)

    assert not signal._waiting
