"""Calls a partner's endpoint: one signed request to an address that was looked at first, and a bounded answer."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

import httpx
from standardwebhooks import Webhook

from services.notifications.domain.addresses import check_url, public_address
from services.notifications.domain.retries import retry_after_seconds
from shared.errors import Invalid

TIMEOUT_SECONDS = 15.0
"""For everything from the name's resolution to the last byte of the answer; what Standard Webhooks recommends."""

LONGEST_ANSWER = 16 * 1024
MOST_CONNECTIONS = 8
RESOLVED_FOR_SECONDS = 5.0
MOST_RESOLVERS = 64


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is sent, and the secrets that sign it: the bytes are those that were made with the event."""

    id: str
    payload: bytes
    secrets: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: a status, or the problem that kept it from coming."""

    status: int | None = None
    problem: str | None = None
    retry_after: float | None = None


class Endpoint:
    """One subscription's endpoint, with connections of its own: none is ever shared with another host's."""

    def __init__(self, url: str, *, allow_private: bool) -> None:
        self.url = url
        self.allow_private = allow_private
        self._resolving = asyncio.Lock()
        self._address = ""
        self._known_until = 0.0
        self._client = httpx.AsyncClient(
            verify=_tls(),
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=MOST_CONNECTIONS, keepalive_expiry=20),
            headers={"User-Agent": "DataCity-Webhooks/1.0", "Content-Type": "application/json", "Accept": "*/*"},
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, message: Message, *, now: datetime) -> Answer:
        """Sign and send, once. Every failure is an answer."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._send(message, now)
        except TimeoutError:
            return Answer(problem="timeout")
        except Invalid as refused:
            return Answer(problem=refused.slug)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ssl.SSLError, OSError, ValueError) as fault:
            return Answer(problem=type(fault).__name__)

    async def _send(self, message: Message, now: datetime) -> Answer:
        parts = check_url(self.url, allow_private=self.allow_private)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = await self._resolve(host, port)
        # The address that was looked at is the one connected to: a name could resolve differently a moment later.
        # The certificate is still checked against the name.
        pinned = httpx.URL(self.url).copy_with(host=address)
        request = self._client.build_request(
            "POST",
            pinned,
            content=message.payload,
            headers={"Host": parts.netloc, **_signed(message, now)},
            extensions={"sni_hostname": host},
        )
        response = await self._client.send(request, stream=True)
        try:
            await _read_some(response)
        finally:
            await response.aclose()
        return Answer(
            status=response.status_code,
            problem=None if response.is_success else f"status_{response.status_code}",
            retry_after=retry_after_seconds(response.headers.get("retry-after")),
        )

    async def _resolve(self, host: str, port: int) -> str:
        """Raises AddressNotPublic, or OSError if the name resolves to nothing. Good for a moment, as it is pinned."""
        loop = asyncio.get_running_loop()
        async with self._resolving:
            if loop.time() > self._known_until:
                find = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
                found = await loop.run_in_executor(_resolvers(), find)
                self._address = public_address((str(each[4][0]) for each in found), allow_private=self.allow_private)
                self._known_until = loop.time() + RESOLVED_FOR_SECONDS
            return self._address


def _signed(message: Message, now: datetime) -> dict[str, str]:
    text = message.payload.decode()
    signatures = [Webhook(secret).sign(message.id, now, text) for secret in message.secrets]
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


async def _read_some(response: httpx.Response) -> None:
    """A short answer is read, so that its connection can be used again; a long one is cut off."""
    read = 0
    with suppress(httpx.HTTPError):
        async for chunk in response.aiter_raw():
            read += len(chunk)
            if read > LONGEST_ANSWER:
                return


@cache
def _resolvers() -> ThreadPoolExecutor:
    """Threads of their own: a name server that hangs must not take those that others need."""
    return ThreadPoolExecutor(max_workers=MOST_RESOLVERS, thread_name_prefix="resolve-endpoint")


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
