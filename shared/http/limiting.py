"""How fast one caller may ask: a token bucket each, in this process, told in RateLimit headers."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import Scope

from shared.errors import TooMany

HEADERS = "datacity.rate_limit"
_WINDOW = 60
_MOST_CALLERS = 10_000


class RateLimits:
    """`per_minute` requests on the long run, a third of it at once; 0 sets no limit."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self.burst = max(1, math.ceil(per_minute / 3))
        self._rate = per_minute / _WINDOW
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, scope: Scope, caller: str) -> None:
        """Take one request from the caller's bucket. Raises TooMany when it is empty."""
        if not self.per_minute:
            return
        now = self._clock()
        tokens, since = self._buckets.pop(caller, (float(self.burst), now))
        tokens = min(self.burst, tokens + (now - since) * self._rate)
        allowed = tokens >= 1
        tokens -= 1 if allowed else 0
        self._buckets[caller] = (tokens, now)
        if len(self._buckets) > _MOST_CALLERS:  # the one who asked longest ago has a full bucket by now, or nearly
            self._buckets.popitem(last=False)
        wait = max(1, math.ceil((1 - tokens) / self._rate)) if tokens < 1 else 0
        full = math.ceil((self.burst - tokens) / self._rate)
        scope[HEADERS] = [
            (b"ratelimit-policy", f'"default";q={self.per_minute};w={_WINDOW}'.encode()),
            (b"ratelimit", f'"default";r={int(tokens)};t={wait or full}'.encode()),
        ]
        if not allowed:
            raise TooMany(retry_after=wait)
