"""From an Authorization header to an Actor, or to a refusal that says why not."""

import base64
import binascii
import hashlib
import json
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import httpx
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from shared.errors import Unauthenticated
from shared.identity.actor import PUBLIC, SYSTEM, Actor
from shared.identity.keys import Keys

LONGEST_TOKEN = 8 * 1024
LEEWAY = 30
ALGORITHMS: dict[str, type[Key]] = {"EdDSA": OKPKey, "ES256": ECKey, "RS256": RSAKey}
"""What we accept, and the only kind of key each goes with."""

_MOST_SEEN = 1024
_REFUSED_HEADERS = frozenset({"jwk", "jku", "x5u", "x5c", "crit"})


class TokenInvalid(Unauthenticated):
    slug = "token-invalid"
    message = "This token is not one that we accept. Sign in again and send the new one."


class TokenExpired(Unauthenticated):
    slug = "token-expired"
    message = "This token has expired. Sign in again and send the new one."


class TokenNotYetValid(Unauthenticated):
    slug = "token-not-yet-valid"
    message = "This token is not valid yet. Check the clock of who issued it, or wait."


class TokenNotForUs(Unauthenticated):
    slug = "token-not-for-us"
    message = "This token was issued by or for someone else. Sign in with the issuer of this site."


class IdentitySettings(Protocol):
    """What of the settings identity needs."""

    @property
    def issuer(self) -> str: ...
    @property
    def issuer_discovery_url(self) -> str | None: ...
    @property
    def audience(self) -> str: ...


class Authenticator:
    """An OIDC resource server's door. Opens nothing until the first token."""

    def __init__(
        self,
        settings: IdentitySettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        keys: Keys | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = settings.issuer
        self.audience = settings.audience
        self._clock = clock
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()
        self.keys = keys or Keys(settings.issuer, discovery_url=settings.issuer_discovery_url, transport=transport)

    async def authenticate(self, authorization: str | Sequence[str]) -> Actor:
        """The actor of an Authorization header. Raises Unauthenticated, or IssuerAway when keys can't be had."""
        values = [authorization] if isinstance(authorization, str) else list(authorization)
        if len(values) != 1:
            raise TokenInvalid("There are several Authorization headers. Send one.")
        scheme, _, token = values[0].strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise TokenInvalid("Send the token as `Authorization: Bearer TOKEN`.")
        return await self.actor_of(token.strip())

    async def actor_of(self, token: str) -> Actor:
        """The actor that a token vouches for."""
        if len(token) > LONGEST_TOKEN:
            raise TokenInvalid(f"The token is longer than {LONGEST_TOKEN} bytes. Ask for one with fewer claims.")
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        seen = self._seen.get(digest) or _Seen(*_read_header(token))
        key = await self.keys.get(seen.kid)
        if key is None or seen.key is not key:
            if not isinstance(key, seen.kind):
                raise TokenInvalid
            seen = _Seen(seen.kid, seen.kind, key, claims := _verified(token, key), _actor(claims))
        self._check(seen.claims)
        self._remember(digest, seen)
        return cast("Actor", seen.actor)

    def _remember(self, digest: bytes, seen: "_Seen") -> None:
        self._seen[digest] = seen
        if len(self._seen) > _MOST_SEEN:
            self._seen.popitem(last=False)

    def _check(self, claims: dict[str, Any]) -> None:
        now = self._clock()
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if claims.get("iss") != self.issuer or self.audience not in audiences:
            raise TokenNotForUs
        if now > _time(claims, "exp") + LEEWAY:
            raise TokenExpired
        if "nbf" in claims and now < _time(claims, "nbf") - LEEWAY:
            raise TokenNotYetValid


@dataclass(frozen=True)
class _Seen:
    """A token whose signature this key has confirmed: it need not be computed again while the key is in use."""

    kid: str
    kind: type[Key]
    key: Key | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    actor: Actor | None = None


class _AllowedAlgorithms(jws.JWSRegistry):
    """Ours and no others. EdDSA without joserfc's warning: RFC 9864 renames it, issuers still say EdDSA."""

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(f"Algorithm of {name!r} is not allowed")
        return self.algorithms[name]


_REGISTRY = _AllowedAlgorithms(algorithms=list(ALGORITHMS))


def _read_header(token: str) -> tuple[str, type[Key]]:
    """The key id and the kind of key its algorithm needs, from a header that is still nobody's word."""
    try:
        first, _, rest = token.partition(".")
        if not token.isascii() or rest.count(".") != 1:
            raise TokenInvalid
        header = json.loads(base64.b64decode(first + "=" * (-len(first) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise TokenInvalid from None
    if not isinstance(header, dict) or not header.keys().isdisjoint(_REFUSED_HEADERS):
        raise TokenInvalid
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS or not isinstance(kid, str):
        raise TokenInvalid
    return kid, ALGORITHMS[algorithm]


def _verified(token: str, key: Key) -> dict[str, Any]:
    try:
        payload = jws.deserialize_compact(token, key, registry=_REGISTRY).payload
        claims = json.loads(payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenInvalid from None
    if not isinstance(claims, dict):
        raise TokenInvalid
    return claims


def _time(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TokenInvalid  # NaN would never be over
    return value


def _actor(claims: dict[str, Any]) -> Actor:
    person, roles, organisation = claims.get("sub"), claims.get("roles", []), claims.get("organisation")
    if not isinstance(person, str) or not 0 < len(person) <= 255 or not person.isprintable():
        raise TokenInvalid
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise TokenInvalid
    if organisation is not None and not isinstance(organisation, str):
        raise TokenInvalid
    if person == PUBLIC or person.startswith(f"{SYSTEM}:"):  # names that are ours to give
        raise TokenInvalid
    return Actor(person_id=person, roles=frozenset(roles) - {PUBLIC, SYSTEM}, organisation=organisation)
