"""A process that is asked to stop first records what the other side took over, so that nothing is sent twice."""

import asyncio

import pytest

from services.notifications.jobs import outages
from services.notifications.jobs.outages import to_the_end


async def test_what_was_begun_is_finished_before_the_stop() -> None:
    begun, answered, recorded = asyncio.Event(), asyncio.Event(), []

    async def send_and_record() -> None:
        begun.set()
        await answered.wait()
        recorded.append("once")

    sending = asyncio.create_task(to_the_end(send_and_record()))
    await begun.wait()
    sending.cancel()
    answered.set()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert recorded == ["once"]


async def test_an_endless_answer_does_not_keep_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "LONGEST_FINISH_SECONDS", 0.05)
    begun = asyncio.Event()

    async def wait_for_ever() -> None:
        begun.set()
        await asyncio.Event().wait()

    sending = asyncio.create_task(to_the_end(wait_for_ever()))
    await begun.wait()
    sending.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(sending, 5)


async def test_a_fault_of_the_sending_is_raised() -> None:
    async def fail() -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await to_the_end(fail())
