"""Whether the time that an answer takes tells what its words do not: pairs of requests, and the judgement of them.

Each pair asks for both at once, one after the other, in an order that is drawn: whatever the machine does meanwhile
hits both alike, and if they take the same way, the sign of a pair's difference is a coin toss. It is an experiment with
randomised pairs, and the signed ranks of the differences (Wilcoxon 1945) have a distribution that depends on nothing
but the tosses, however noisy, skewed or drifting the times are. From them come the shift between both (the median of
all means of two differences, Hodges and Lehmann 1963) and the interval that holds it.

There is a leak if the whole interval is beyond `NOISE`. Both are needed: with enough pairs any real difference becomes
certain, be it of a microsecond; and with few pairs noise looks large.
"""

import gc
import math
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np

NOISE = 100.0
"""Microseconds that tell nothing: a statement to the database more takes several times as long."""
SURE = 5.5
"""How many standard deviations of the ranks' sum the interval is wide to each side.

It misses the shift with a chance of 4 in 100 million. So looking ten times at each of 30 comparisons, all of which take
the same way, is wrong in one of 90,000 runs.
"""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request, as somebody sends it."""

    url: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    async def time(self, client: httpx.AsyncClient) -> tuple[float, httpx.Response]:
        """Microseconds until the answer was read, and the answer."""
        request = client.build_request(self.method, self.url, headers=self.headers, json=self.body)
        begun = time.perf_counter_ns()
        answer = await client.send(request)
        return (time.perf_counter_ns() - begun) / 1000, answer


@dataclass(frozen=True)
class Distinction:
    """Two requests that whoever sends them must not be able to tell apart."""

    name: str
    secret: Asked
    nothing: Asked


@dataclass(frozen=True)
class Judgement:
    """How much longer the secret takes, in microseconds, and between which bounds that certainly is."""

    name: str
    pairs: int
    usual: float
    shift: float
    low: float
    high: float

    @property
    def leaks(self) -> bool:
        return self.low > NOISE or self.high < -NOISE

    @property
    def is_clean(self) -> bool:
        """Certainly no more than noise; what saw too little is neither clean nor a leak."""
        return self.low >= -NOISE and self.high <= NOISE

    def __str__(self) -> str:
        verdict = "leaks" if self.leaks else "same" if self.is_clean else "not told apart"
        return (
            f"{self.name}: {self.shift:+.0f} µs ({self.low:+.0f} … {self.high:+.0f}) of {self.usual:.0f} µs, "
            f"{self.pairs} pairs: {verdict}"
        )


async def compare(
    distinctions: Sequence[Distinction],
    *,
    pairs: int,
    looks: int,
    seconds: float = math.inf,
    best_of: int = 1,
    seed: int = 4711,
) -> list[Judgement]:
    """So many pairs of each, all mixed; then again of those that are not decided, until so many looks were taken.

    With `seconds` only of those that look like a leak, and while there is time: what looks clean is left at that. Of
    each of a pair the best of some turns counts, as the rest of what it took was the machine's: other work only adds.
    """
    drawn = random.Random(seed)
    times: dict[str, list[tuple[float, float]]] = {each.name: [] for each in distinctions}
    found: dict[str, Judgement] = {}
    async with httpx.AsyncClient(timeout=30) as client:
        for each in distinctions:
            await _look_the_same(client, each)
        waiting, until = list(distinctions), time.monotonic() + seconds
        for look in range(looks):
            if look and time.monotonic() > until:
                break
            await _ask(client, [each for each in waiting for _ in range(pairs)], times, drawn, best_of)
            found |= {each.name: judged(each.name, times[each.name]) for each in waiting}
            waiting = [each for each in waiting if _is_open(found[each.name], thorough=seconds == math.inf)]
    return [found[each.name] for each in distinctions]


def _is_open(found: Judgement, *, thorough: bool) -> bool:
    """Whether more pairs could decide it."""
    if found.leaks or found.is_clean:
        return False
    return thorough or abs(found.shift) > NOISE


async def _ask(
    client: httpx.AsyncClient,
    turns: list[Distinction],
    times: dict[str, list[tuple[float, float]]],
    drawn: random.Random,
    best_of: int,
) -> None:
    drawn.shuffle(turns)
    gc.collect()
    gc.disable()  # it would hit one of a pair
    try:
        for each in turns:
            swapped = drawn.random() < 0.5
            order = [each.nothing, each.secret] if swapped else [each.secret, each.nothing]
            taken = [[(await asked.time(client))[0] for asked in order] for _ in range(best_of)]
            first, second = (min(one) for one in zip(*taken, strict=True))
            times[each.name].append((second, first) if swapped else (first, second))
    finally:
        gc.enable()


async def _look_the_same(client: httpx.AsyncClient, each: Distinction) -> None:
    """What status or length tell needs no clock. Asked a few times, so that the first does not count."""
    for _ in range(3):
        said = [(await asked.time(client))[1] for asked in (each.secret, each.nothing)]
        seen = {(answer.status_code, len(answer.content)) for answer in said}
        assert len(seen) == 1, f"{each.name} is told apart by what is answered: {[answer.text for answer in said]}"


def judged(name: str, times: Sequence[tuple[float, float]]) -> Judgement:
    """Of the times of both, pair by pair."""
    differences = np.array([secret - nothing for secret, nothing in times])
    count = len(differences)
    first, second = np.triu_indices(count)
    means = np.sort((differences[first] + differences[second]) / 2)
    # Of the sum of the ranks of the positive differences, were all signs tossed.
    expected, spread = count * (count + 1) / 4, math.sqrt(count * (count + 1) * (2 * count + 1) / 24)
    outside = math.floor(expected - SURE * spread)
    return Judgement(
        name=name,
        pairs=count,
        usual=statistics.median(nothing for _, nothing in times),
        shift=float(np.median(means)),
        low=float(means[outside]) if outside >= 0 else -math.inf,
        high=float(means[-1 - outside]) if outside >= 0 else math.inf,
    )
