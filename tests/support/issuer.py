"""An OIDC issuer inside the test: keys of its own, documents without a network, tokens good and bad.

issuer = FakeIssuer()
app = create_app(..., authenticator=issuer.authenticator())
client.get("/…", headers=issuer.bearer("staff"))
"""

import base64
import json
import time
import warnings
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from shared.identity import Authenticator
from shared.identity.keys import Keys

ISSUER = "https://issuer.test"
AUDIENCE = "datacity"
PERSON = "7f1b2f5c-3c0e-4c5e-9a53-0d6f0a2b9c11"
"""Who tokens are about unless said otherwise."""


@dataclass(frozen=True, kw_only=True)
class IssuerSettings:
    """The settings of identity, for tests that need no others."""

    issuer: str = ISSUER
    issuer_discovery_url: str | None = None
    audience: str = AUDIENCE


class FakeIssuer:
    """Make one per test: each has keys of its own. `away = True` takes it off the network."""

    def __init__(self, issuer: str = ISSUER, *, audience: str = AUDIENCE) -> None:
        self.issuer = issuer
        self.audience = audience
        self.away = False
        self.requests: list[str] = []
        self.key = OKPKey.generate_key("Ed25519", {"kid": "ed-1", "use": "sig"})
        self.published: list[dict[str, Any]] = [public(self.key)]

    # What it serves.

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def keys(self, **options: Any) -> Keys:
        return Keys(self.issuer, transport=self.transport, **options)

    def authenticator(self, **options: Any) -> Authenticator:
        settings = IssuerSettings(issuer=self.issuer, audience=self.audience)
        return Authenticator(settings, keys=self.keys(**options))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request.url.path)
        if self.away:
            raise httpx.ConnectError("the issuer is away", request=request)
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json={"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"})
        if request.url.path == "/jwks":
            return httpx.Response(200, json={"keys": self.published})
        return httpx.Response(404)

    def rotate(self, kid: str) -> None:
        """Sign with a new key from now on, and publish it beside the old."""
        self.key = OKPKey.generate_key("Ed25519", {"kid": kid, "use": "sig"})
        self.published.append(public(self.key))

    # Good tokens.

    def claims(self, *roles: str, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": PERSON,
            "iat": now,
            "nbf": now,
            "exp": now + 600,
            "roles": list(roles),
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, *roles: str, person_id: str = PERSON, organisation: str | None = None, **changes: Any) -> str:
        """A token that is accepted, unless `changes` (claims; None leaves one out) spoil it."""
        return self.sign(self.claims(*roles, sub=person_id, organisation=organisation, **changes))

    def bearer(self, *roles: str, person_id: str = PERSON, organisation: str | None = None) -> dict[str, str]:
        """The headers of someone who holds these roles."""
        return {"Authorization": f"Bearer {self.token(*roles, person_id=person_id, organisation=organisation)}"}

    def sign(self, claims: dict[str, Any], *, header: dict[str, Any] | None = None, key: Any = None) -> str:
        key = key or self.key
        algorithm = {"OKP": "EdDSA", "EC": "ES256", "RSA": "RS256"}.get(key.key_type, "HS256")
        full = {"alg": algorithm, "kid": self.key.kid, "typ": "JWT", **(header or {})}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)
            return _serialize(full, claims, key)

    # Bad tokens.

    def bad_tokens(self, *roles: str) -> dict[str, str]:
        """One token for each way of being refused, by what is wrong with it; `roles` are what it claims."""
        good = self.claims(*roles)
        now = int(time.time())
        other = OKPKey.generate_key("Ed25519", {"kid": str(self.key.kid)})
        public_bytes = json.dumps(public(self.key), sort_keys=True).encode()
        signed = self.sign(good)
        head, body, signature = signed.split(".")
        return {
            "nonsense": "not-a-token",
            "empty parts": "..",
            "expired": self.sign({**good, "exp": now - 31}),
            "not yet valid": self.sign({**good, "nbf": now + 60}),
            "no expiry": self.sign({k: v for k, v in good.items() if k != "exp"}),
            "wrong audience": self.sign({**good, "aud": "another"}),
            "no audience": self.sign({k: v for k, v in good.items() if k != "aud"}),
            "wrong issuer": self.sign({**good, "iss": "https://elsewhere.test"}),
            "no subject": self.sign({k: v for k, v in good.items() if k != "sub"}),
            "a subject of ours": self.sign({**good, "sub": "system:applications"}),
            "roles as text": self.sign({**good, "roles": "staff"}),
            "forged": self.sign(good, key=other),
            "altered claims": f"{head}.{_b64({**good, 'roles': ['staff', 'auditor']})}.{signature}",
            "signature cut off": f"{head}.{body}.",
            "algorithm none": f"{_b64({'alg': 'none', 'kid': self.key.kid})}.{body}.",
            "HS256 with the public key": self.sign(
                good, key=OctKey.import_key(public_bytes, {"kid": "x"}), header={"alg": "HS256"}
            ),
            "key in the header": self.sign(good, key=other, header={"jwk": public(other)}),
            "key address in the header": self._with_header({"jku": "https://elsewhere.test/jwks"}, good),
            "certificate in the header": self._with_header({"x5c": ["MIIB"]}, good),
            "certificate address": self._with_header({"x5u": "https://elsewhere.test/cert"}, good),
            "critical extension": self._with_header({"crit": ["exp"], "exp": now}, good),
            "unknown key": self.sign(good, header={"kid": "nobody"}),
            "no key id": self._with_header({"kid": None}, good),
            "too long": self.sign({**good, "padding": "x" * 9000}),
        }

    def _with_header(self, extra: dict[str, Any], claims: dict[str, Any]) -> str:
        """Properly signed, with a header that joserfc itself would rather not write."""
        header = {"alg": "EdDSA", "kid": self.key.kid, **extra}
        signing_input = f"{_b64({k: v for k, v in header.items() if v is not None})}.{_b64(claims)}"
        signature = self.key.get_op_key("sign").sign(signing_input.encode())  # type: ignore[union-attr]
        return f"{signing_input}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def public(key: Any) -> dict[str, Any]:
    """The public half, as a JWKS has it."""
    return dict(key.as_dict(private=False))


def ec_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})


def rsa_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def _serialize(header: dict[str, Any], claims: dict[str, Any], key: Any) -> str:
    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[header["alg"]])


def _b64(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()
