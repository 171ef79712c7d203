"""The issuer's public keys: discovered, kept, refreshed when a new one appears, and used stale when it is away."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from shared.errors import Unavailable

log = structlog.get_logger("shared.identity")

WELL_KNOWN = "/.well-known/openid-configuration"
_KINDS: dict[str, type[ECKey] | type[OKPKey] | type[RSAKey]] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
_LARGEST_DOCUMENT = 256 * 1024


class IssuerAway(Unavailable):
    slug = "issuer-away"
    message = "Sign-ins can't be checked just now: the identity provider does not answer. Try again shortly."
    retry_after = 5


class BadDiscovery(ValueError):
    """The issuer's documents are not what they must be; never shown to callers."""


class Keys:
    """`get(kid)` answers from memory; it asks the issuer when it must, never more often than `cooldown`."""

    def __init__(
        self,
        issuer: str,
        *,
        discovery_url: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        cooldown: float = 10.0,
        lifetime: float = 600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        self._discovery_url = _well_known(discovery_url or issuer)
        self._transport = transport
        self._cooldown = cooldown
        self._lifetime = lifetime
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def get(self, kid: str) -> Key | None:
        """The key of that id, or None if the issuer has no such key. Raises IssuerAway if no keys are known at all."""
        if self._fetched_at is None:
            await self._refresh()
            if self._fetched_at is None:
                raise IssuerAway
        elif kid not in self._keys:
            await self._refresh()
        elif self._clock() - self._fetched_at > self._lifetime:
            self._start_refresh()  # in the background: the keys at hand serve until then, and stale if it fails
        return self._keys.get(kid)

    async def _refresh(self) -> None:
        task = self._start_refresh()
        if task is not None:
            await asyncio.shield(task)

    def _start_refresh(self) -> asyncio.Task[None] | None:
        """One at a time, and none within the cooldown of the last: unknown ids are anyone's to invent."""
        if self._fetching is not None and not self._fetching.done():
            if self._fetching.get_loop() is asyncio.get_running_loop():
                return self._fetching
        elif self._tried_at is not None and self._clock() - self._tried_at < self._cooldown:
            return None
        self._tried_at = self._clock()
        self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=3.0, trust_env=False) as client:
                found = await read_document(client, self._discovery_url)
                if found.get("issuer") != self.issuer:
                    raise BadDiscovery(f"discovery names another issuer than {self.issuer}: check DATACITY_ISSUER")
                keys = await read_document(client, self._reachable(found.get("jwks_uri")))
        except (httpx.HTTPError, httpx.InvalidURL, BadDiscovery, ValueError) as error:
            log.warning("issuer_keys_not_refreshed", error=type(error).__name__, why=str(error), kept=len(self._keys))
            return
        self._keys = _usable(keys)
        self._fetched_at = self._clock()
        log.info("issuer_keys_refreshed", keys=len(self._keys))

    def _reachable(self, jwks_uri: object) -> str:
        """The keys' address, moved to where discovery was found when the issuer's own can't be reached from here."""
        if not isinstance(jwks_uri, str) or not jwks_uri.startswith(("https://", "http://")):
            raise BadDiscovery("discovery names no usable jwks_uri")
        return within_reach(jwks_uri, issuer=self.issuer, base=self._discovery_url.removesuffix(WELL_KNOWN))


def within_reach(url: str, *, issuer: str, base: str) -> str:
    """An address of the issuer's, moved to where its discovery was found."""
    public = issuer.rstrip("/")
    return base + url[len(public) :] if url.startswith(public + "/") else url


def _well_known(url: str) -> str:
    return url if url.endswith(WELL_KNOWN) else url.rstrip("/") + WELL_KNOWN


async def read_document(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """A JSON object of the issuer's. Raises BadDiscovery, or what httpx raises."""
    answer = await client.get(url)
    answer.raise_for_status()
    if len(answer.content) > _LARGEST_DOCUMENT:
        raise BadDiscovery("the issuer's document is too large")
    document = answer.json()
    if not isinstance(document, dict):
        raise BadDiscovery("the issuer's document is not a JSON object")
    return document


def _usable(document: dict[str, Any]) -> dict[str, Key]:
    """Public signing keys with an id. Symmetric keys, keys for encryption and what can't be read are left out."""
    usable: dict[str, Key] = {}
    for entry in document.get("keys") or ():
        if not isinstance(entry, dict):
            continue
        kid, kind = entry.get("kid"), _KINDS.get(str(entry.get("kty")))
        if not isinstance(kid, str) or kind is None or entry.get("use", "sig") != "sig":
            continue
        public = {name: value for name, value in entry.items() if name in _PUBLIC_MEMBERS}
        try:
            usable[kid] = kind.import_key(public)
        except (JoseError, ValueError, TypeError) as error:
            log.warning("issuer_key_unusable", error=type(error).__name__)
    return usable


_PUBLIC_MEMBERS = frozenset({"kty", "kid", "use", "alg", "crv", "x", "y", "n", "e"})
