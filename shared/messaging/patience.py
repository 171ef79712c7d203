"""How long a failing event may hold up the others, and how long it then rests between two attempts."""

import asyncio
import random

IN_PLACE_SECONDS = (0.05, 0.2)
FIRST_REST_SECONDS = 0.5
LONGEST_REST_SECONDS = 60.0


class Patience:
    """What the failing events of one poll may take together, with their attempts and the pauses between them."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def spend(self, seconds: float) -> None:
        """An attempt that failed took so long: a handler that hangs is not tried again before the others."""
        self.left -= seconds

    async def pause(self, attempt: int) -> bool:
        """Wait a moment before the next attempt; False, at once, if the patience is used up."""
        first, longest = IN_PLACE_SECONDS
        seconds = min(first * 4 ** (attempt - 1), longest) * random.uniform(0.75, 1.25)
        if seconds > self.left:
            return False
        self.left -= seconds
        await asyncio.sleep(seconds)
        return True


def backoff(rests: int) -> float:
    """Seconds until the next attempt of what was set aside: twice as long each time, and never for all at once."""
    return min(FIRST_REST_SECONDS * 2.0 ** min(rests, 20), LONGEST_REST_SECONDS) * random.uniform(0.75, 1.25)
