"""Lets a caller who is still sending hear why it was refused.

Closing a connection while bytes come in resets it, and a reset throws away the answer on its way. So the answer
is sent, what still comes is read and dropped for a while, and only then the connection is closed.
"""

import asyncio
import contextlib

from starlette.types import Message, Receive, Send

LINGER = "datacity.linger"
"""In the scope when the answer goes out before the body came in."""

_PATIENCE = 10.0
_SILENCE = 1.0


async def send_and_linger(last: Message, receive: Receive, send: Send) -> None:
    """Send the last part of an answer, and close only once the caller has stopped sending, or after a while."""
    await send({**last, "more_body": True})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while (await asyncio.wait_for(receive(), _SILENCE)).get("more_body", False):
                pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})
