"""When a mail or a webhook that failed is tried again, and when it is given up."""

import random
from datetime import datetime, timedelta

WEBHOOK_PAUSES = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds after each failed attempt: the schedule of Standard Webhooks 1.0, three days in all."""

MAIL_PAUSES = (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 43_200)
"""Seconds after each failed attempt: greylisting is over after minutes, a full mailbox after a day or two."""

COMPRESSED_PAUSES = (0.5, 1, 2, 4, 8, 15, 30, 30, 30)
"""For demonstrations, where a schedule of days would never be seen to end."""

JITTER = 0.2
LONGEST_ASKED_SECONDS = 3_600
"""An endpoint may ask for a later attempt by Retry-After, up to this."""


def next_attempt(
    *,
    attempts: int,
    now: datetime,
    pauses: tuple[float, ...],
    asked_seconds: float | None = None,
) -> datetime | None:
    """When to try again after so many failed attempts; None when it is time to give up.

    Up to a fifth is added at random, so that what failed together does not come back together.
    """
    if attempts > len(pauses):
        return None
    pause = max(pauses[attempts - 1], min(asked_seconds or 0.0, LONGEST_ASKED_SECONDS))
    return now + timedelta(seconds=pause * random.uniform(1, 1 + JITTER))


def retry_after_seconds(header: str | None) -> float | None:
    """What a Retry-After header asks for, if it is a number of seconds; dates are not worth their ambiguity."""
    if header is None or not (header.isascii() and header.strip().isdigit()) or len(header) > 9:
        return None
    return float(header)
