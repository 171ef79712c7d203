"""What the local issuer promised a browser and gives the client that redeems it: codes with PKCE, and refreshing."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROLES = frozenset({"applicant", "juror", "staff", "partner", "city", "coach", "auditor"})
CODE_SECONDS = 60
MOST_KEPT = 1000


class RefusedRequest(Exception):
    """A token request that can't be granted; says why."""

    code = "invalid_request"


class RefusedGrant(RefusedRequest):
    """A code or a refresh token that is none, or not this client's."""

    code = "invalid_grant"


@dataclass(frozen=True, kw_only=True)
class Granted:
    """Who was picked, and for which client."""

    sub: str
    roles: tuple[str, ...]
    organisation: str | None
    client_id: str
    nonce: str | None = None


@dataclass(frozen=True, kw_only=True)
class Code:
    """A code on its way through the browser."""

    granted: Granted
    redirect_uri: str
    challenge: str
    expires_at: float


class Codes:
    """In memory: after a restart people sign in again."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._codes: dict[str, Code] = {}
        self._refreshing: dict[str, Granted] = {}

    def promise(self, granted: Granted, *, redirect_uri: str, challenge: str) -> str:
        code = secrets.token_urlsafe(32)
        self._codes[code] = Code(
            granted=granted, redirect_uri=redirect_uri, challenge=challenge, expires_at=self._clock() + CODE_SECONDS
        )
        _forget_oldest(self._codes)
        return code

    def keep(self, granted: Granted) -> str:
        """A refresh token, to be used once."""
        token = secrets.token_urlsafe(32)
        self._refreshing[token] = granted
        _forget_oldest(self._refreshing)
        return token

    def redeem(self, form: Mapping[str, str]) -> Granted:
        """Who a code or a refresh token stands for; neither works twice. Raises RefusedGrant."""
        if form["grant_type"] == "refresh_token":
            granted = self._refreshing.pop(form.get("refresh_token", ""), None)
            if granted is None:
                raise RefusedGrant("no such refresh token, or it was used: sign in again")
            return granted
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or self._clock() > code.expires_at:
            raise RefusedGrant("no such code, or it was used, or a minute has passed: sign in again")
        if form.get("redirect_uri") != code.redirect_uri:
            raise RefusedGrant("redirect_uri is not the one that the code was promised to")
        if not hmac.compare_digest(challenge_of(form.get("code_verifier", "")), code.challenge):
            raise RefusedGrant("code_verifier does not fit the code_challenge")
        return code.granted


def challenge_of(verifier: str) -> str:
    """S256 of RFC 7636."""
    digest = hashlib.sha256(verifier.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _forget_oldest(kept: dict[str, Code] | dict[str, Granted]) -> None:
    while len(kept) > MOST_KEPT:
        kept.pop(next(iter(kept)))
