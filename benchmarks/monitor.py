"""The monitor's pages over a long log: how long each takes to be answered.

    datacity bench monitor [--events 1000000]

notifications serves on a port with its PostgreSQL, and somebody of staff is signed in. Each page is asked for by one
client, one after the other; what is measured is the whole answer, with the session found and the HTML written. Nobody
else publishes the like over such a log, so there is a bound and no contender.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.measuring import Measured, Result, Target, metered, percentiles, quieten, tell
from infra.provision import plain
from tests.support.long_log import fill
from tests.support.monitor import Monitor, monitor
from tests.support.notifications import edition
from tests.support.stack import Backbone, local_backbone

EVENTS = 1_000_000
TIMES = 100
"""How often each page is asked for."""
BOUND = 300
"""Milliseconds."""


async def measure(backbone: Backbone, events: int, *, times: int = TIMES) -> Result:
    """Each page so many times."""
    with tempfile.TemporaryDirectory(prefix="datacity-bench-") as folder:
        async with monitor(backbone, Path(folder)) as shown:
            await shown.service.hear(edition(), twice=False)
            tell(f"  filling the log with {events:,} events")
            await fill(shown.service.owner_url, events)
            async with shown.signed_in("staff") as client:
                measured = [
                    await asked(backbone, shown, client, name, place, times=times)
                    for name, place in (await places(shown, events)).items()
                ]
    slowest = max(each.value for each in measured)
    target = Target("monitor, its slowest page, p95 in ms", slowest, BOUND, at_least=False)
    return Result("monitor", "ms, p95", {"events": events, "times": times}, measured, [target])


async def places(shown: Monitor, events: int) -> dict[str, str]:
    """A page of each kind, and the log by each of its filters: what is common, what is rare, and what is not there."""
    file = await shown.service.scalar("SELECT file FROM entry WHERE position = :position", position=events // 3)
    return {
        "the log": "events",
        "the log, one service": "events?service=selection",
        "the log, a service without events": "events?service=notifications",
        "the log, a rare type": "events?type=io.datacity.call.closed.v1",
        "the log, a stretch of time": "events?from=2017-01-02T00:00&to=2017-01-05T00:00",
        "an event": f"events/{events // 2}",
        "a case": f"files/{file}",
        "the programme's charts": "programme",
        "failures": "failures",
    }


async def asked(
    backbone: Backbone, shown: Monitor, client: httpx.AsyncClient, name: str, place: str, *, times: int
) -> Measured:
    tell(f"  {name}")
    waits = []
    async with metered(plain(shown.service.owner_url), kafka=backbone.kafka) as meter:
        for _ in range(times):
            began = time.perf_counter()
            answer = await client.get(shown.address(place))
            waits.append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                message = f"{place}: {answer.status_code} {answer.text[:500]}"
                raise RuntimeError(message)
    found = percentiles(waits)
    note = f"{len(answer.content) // 1024} KiB"
    return Measured(f"ours, {name}", found["p95_ms"], times, meter.seconds, meter.costs(times), note, found)


async def alone(events: int) -> Result:
    async with local_backbone(own=True) as backbone:
        return await measure(backbone, events)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=EVENTS)
    given = parser.parse_args()
    quieten()
    asyncio.run(alone(given.events)).print()


if __name__ == "__main__":
    main()
