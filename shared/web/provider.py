"""The issuer as pages need it: where to send a browser, and what it gives for the code that comes back."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import httpx
import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from shared.identity import IssuerAway
from shared.identity.keys import WELL_KNOWN, read_document, within_reach
from shared.settings import Settings
from shared.web.sessions import Tokens

log = structlog.get_logger(__name__)

SCOPE = "openid"
PATIENCE = 5.0
KEPT_SECONDS = 600.0
FALLBACK_SECONDS = 300
"""How long a token is believed to last of which the issuer does not say it."""


class CodeRefused(Exception):
    """The issuer gives nothing for this code, or for this refresh token."""


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Where the issuer does what. Browsers go to its public addresses; we ask for tokens where we can reach it."""

    authorize: str
    token: str
    end_session: str | None


@dataclass(frozen=True, kw_only=True)
class Given:
    """Tokens, and when the access token ends; the identity token is looked at once and not kept."""

    tokens: Tokens
    identity: str | None
    expires_at: datetime


class Provider:
    """Opens nothing until somebody signs in."""

    def __init__(self, settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.issuer = settings.issuer
        self.client_id = settings.client_id
        self._secret = settings.client_secret.get_secret_value() if settings.client_secret else None
        self._discovery_url = (settings.issuer_discovery_url or settings.issuer).removesuffix(WELL_KNOWN).rstrip("/")
        self._transport = transport
        self._known: tuple[float, Endpoints] | None = None

    async def address(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where a browser signs in (authorization code, PKCE). Raises IssuerAway."""
        url: str = prepare_grant_uri(
            (await self.endpoints()).authorize,
            client_id=self.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=SCOPE,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return url

    async def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Given:
        """Raises CodeRefused or IssuerAway."""
        return await self._ask("authorization_code", redirect_uri, code=code, code_verifier=verifier)

    async def refresh(self, tokens: Tokens) -> Given:
        """Raises CodeRefused or IssuerAway."""
        if not tokens.refresh:
            raise CodeRefused
        given = await self._ask("refresh_token", refresh_token=tokens.refresh)
        return replace(given, tokens=replace(given.tokens, refresh=given.tokens.refresh or tokens.refresh))

    async def endpoints(self) -> Endpoints:
        """From discovery; old ones serve on while the issuer is away."""
        if self._known and time.monotonic() - self._known[0] < KEPT_SECONDS:
            return self._known[1]
        try:
            async with self._client(signed=False) as client:
                found = await read_document(client, self._discovery_url + WELL_KNOWN)
            endpoints = self._read(found)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError) as error:
            log.warning("issuer_not_discovered", error=type(error).__name__)
            if self._known:
                return self._known[1]
            raise IssuerAway from error
        self._known = (time.monotonic(), endpoints)
        return endpoints

    def _read(self, found: dict[str, Any]) -> Endpoints:
        if found.get("issuer") != self.issuer:
            message = "discovery names another issuer"
            raise ValueError(message)
        return Endpoints(
            authorize=_address(found["authorization_endpoint"]),
            token=within_reach(_address(found["token_endpoint"]), issuer=self.issuer, base=self._discovery_url),
            end_session=_address(found["end_session_endpoint"]) if "end_session_endpoint" in found else None,
        )

    async def _ask(self, grant_type: str, redirect_uri: str | None = None, **form: str) -> Given:
        endpoints = await self.endpoints()
        if self._secret is None:
            form["client_id"] = self.client_id
        body: str = prepare_token_request(grant_type, "", redirect_uri, **form)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        try:
            async with self._client() as client:
                answer = await client.post(endpoints.token, content=body, headers=headers)
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            log.warning("issuer_gave_no_token", error=type(error).__name__)
            raise IssuerAway from error
        if answer.status_code >= 500:
            raise IssuerAway
        if not answer.is_success or not isinstance(told, dict) or not isinstance(told.get("access_token"), str):
            log.info("issuer_refused_code", status=answer.status_code)
            raise CodeRefused
        seconds = told.get("expires_in", FALLBACK_SECONDS)
        ends = time.time() + (seconds if isinstance(seconds, int | float) else FALLBACK_SECONDS)
        tokens = Tokens(access=told["access_token"], refresh=told.get("refresh_token"))
        return Given(tokens=tokens, identity=told.get("id_token"), expires_at=datetime.fromtimestamp(ends, UTC))

    def _client(self, *, signed: bool = True) -> httpx.AsyncClient:
        auth = (quote_plus(self.client_id), quote_plus(self._secret)) if self._secret and signed else None
        return httpx.AsyncClient(transport=self._transport, auth=auth, timeout=PATIENCE, trust_env=False)


def _address(url: object) -> str:
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        message = "discovery names an address that is none"
        raise ValueError(message)
    return url
