"""A small OIDC issuer for development: discovery, its public key, and a token for whoever asks, by code or straight."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.jwk import OKPKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from infra.local.codes import ROLES, Codes, Granted, RefusedRequest
from infra.local.picking import Picking
from infra.local.problems import LocalProblem
from infra.local.tokens import GRANT

ALGORITHM = "EdDSA"
LONGEST_TTL = 7 * 24 * 3600
CODE_TTL = 3600


@dataclass(frozen=True)
class TokenRequest:
    sub: str
    roles: list[str]
    organisation: str | None
    audience: str
    ttl: int

    @classmethod
    def from_form(cls, form: dict[str, str]) -> "TokenRequest":
        if form.get("grant_type") != GRANT:
            message = f"grant_type must be {GRANT}"
            raise RefusedRequest(message)
        try:
            sub = str(UUID(form.get("sub") or ""))
        except ValueError:
            message = "sub must be the UUID of a person"
            raise RefusedRequest(message) from None
        roles = form.get("roles", "").replace(",", " ").split()
        if unknown := sorted(set(roles) - ROLES):
            message = f"no such role: {', '.join(unknown)}; there are {', '.join(sorted(ROLES))}"
            raise RefusedRequest(message)
        ttl = form.get("ttl") or "3600"
        if not ttl.isdecimal() or not 1 <= int(ttl) <= LONGEST_TTL:
            message = f"ttl must be seconds from 1 to {LONGEST_TTL}"
            raise RefusedRequest(message)
        return cls(sub, roles, form.get("organisation") or None, form.get("audience") or "datacity", int(ttl))


class Issuer:
    """Signs what it is asked for; the key outlives a restart, so that tokens do too."""

    def __init__(self, url: str, key_file: Path) -> None:
        self.url = url.rstrip("/")
        self.key = load_or_make_key(key_file)
        self.codes = Codes()

    def mint(self, asked: TokenRequest, *, now: int) -> str:
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": asked.audience,
            "sub": asked.sub,
            "iat": now,
            "nbf": now,
            "exp": now + asked.ttl,
            "jti": str(uuid4()),
            "roles": asked.roles,
        }
        if asked.organisation:
            claims["organisation"] = asked.organisation
        header = {"alg": ALGORITHM, "typ": "JWT", "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, algorithms=[ALGORITHM])

    def identify(self, granted: Granted, *, now: int) -> str:
        """The identity token: it answers to one sign-in of one client."""
        claims: dict[str, Any] = {"iss": self.url, "aud": granted.client_id, "sub": granted.sub, "iat": now}
        claims |= {"exp": now + CODE_TTL, "jti": str(uuid4())}
        if granted.nonce:
            claims["nonce"] = granted.nonce
        header = {"alg": ALGORITHM, "typ": "JWT", "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, algorithms=[ALGORITHM])

    def app(self) -> Starlette:
        """Answers at the root and under the path of its public URL, so that a gateway may strip that path or not."""
        picking = Picking(self.url, self.codes)
        routes = [
            Route("/authorize", picking.show),
            Route("/authorize", picking.take, methods=["POST"]),
            Route("/.well-known/openid-configuration", self._discovery),
            Route("/jwks", self._jwks),
            Route("/token", self._token, methods=["POST"]),
            Route("/healthz", self._health),
        ]
        path = urlsplit(self.url).path
        return Starlette(routes=[Mount(path, routes=routes), *routes] if path else routes)

    async def _discovery(self, request: Request) -> JSONResponse:
        # Services behind the gateway can't reach the public URL: the key is offered where they just asked.
        here = str(request.url).removesuffix("/.well-known/openid-configuration")
        return JSONResponse(
            {
                "issuer": self.url,
                "jwks_uri": f"{here}/jwks",
                "token_endpoint": f"{here}/token",
                # Browsers come from outside, wherever the services are.
                "authorization_endpoint": f"{self.url}/authorize",
                "grant_types_supported": [GRANT, "authorization_code", "refresh_token"],
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "claims_supported": ["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "roles", "organisation"],
            }
        )

    async def _jwks(self, _: Request) -> JSONResponse:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _token(self, request: Request) -> JSONResponse:
        async with request.form(max_files=0, max_fields=20) as sent:
            form = {name: value for name, value in sent.items() if isinstance(value, str)}
        try:
            if form.get("grant_type") in {"authorization_code", "refresh_token"}:
                return self._of_sign_in(self.codes.redeem(form))
            asked = TokenRequest.from_form(form)
        except RefusedRequest as refusal:
            return JSONResponse({"error": refusal.code, "error_description": str(refusal)}, status_code=400)
        token = self.mint(asked, now=int(time.time()))
        return JSONResponse(
            {"access_token": token, "token_type": "Bearer", "expires_in": asked.ttl},
            headers={"Cache-Control": "no-store"},
        )

    def _of_sign_in(self, granted: Granted) -> JSONResponse:
        now = int(time.time())
        asked = TokenRequest(granted.sub, list(granted.roles), granted.organisation, "datacity", CODE_TTL)
        return JSONResponse(
            {
                "access_token": self.mint(asked, now=now),
                "id_token": self.identify(granted, now=now),
                "refresh_token": self.codes.keep(granted),
                "token_type": "Bearer",
                "expires_in": CODE_TTL,
            },
            headers={"Cache-Control": "no-store"},
        )

    async def _health(self, _: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})


def refuse_production() -> None:
    """Whoever can reach this issuer can be anybody: it must not exist where that matters."""
    if os.environ.get("DATACITY_ENVIRONMENT") != "development":
        message = (
            "Use a real OIDC issuer and set DATACITY_ISSUER to it: this one gives a token to whoever asks, "
            "and starts only with DATACITY_ENVIRONMENT=development."
        )
        raise LocalProblem(message)


def load_or_make_key(file: Path) -> OKPKey:
    """The key kept in `file`, readable by its owner only; made when there is none yet."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_suffix(f".{os.getpid()}.draft")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(OKPKey.generate_key("Ed25519").as_pem(private=True))
        draft.replace(file)
    try:
        key = OKPKey.import_key(file.read_bytes(), {"use": "sig", "alg": ALGORITHM})
    except ValueError as error:
        message = f"Remove {file}, so that a new key is made (tokens of the old one end): it can't be read ({error})."
        raise LocalProblem(message) from error
    key.ensure_kid()
    return key
