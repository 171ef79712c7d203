"""Who is signed in: the browser holds a random id, the database its hash, and tokens that only that id can open."""

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

SIGN_IN_SECONDS = 600
"""How long somebody may take at the issuer."""

_NONCE = 12

BEGIN = text(
    """
    INSERT INTO web_sign_in (id_hash, state_hash, verifier, nonce, return_to, ends_at)
    VALUES (:id_hash, :state_hash, :verifier, :nonce, :return_to, :ends_at)
    """
)
TAKE = text(
    "DELETE FROM web_sign_in WHERE id_hash = :id_hash RETURNING state_hash, verifier, nonce, return_to, ends_at"
)
OPEN = text(
    """
    INSERT INTO web_session (id_hash, person_id, tokens, expires_at, ends_at)
    VALUES (:id_hash, :person_id, :tokens, :expires_at, :ends_at)
    """
)
FIND = "SELECT tokens, expires_at, ends_at FROM web_session WHERE id_hash = :id_hash AND ends_at > :now"
READ = text(FIND)
LOCK = text(f"{FIND} FOR UPDATE")
RENEW = text("UPDATE web_session SET tokens = :tokens, expires_at = :expires_at WHERE id_hash = :id_hash")
CLOSE = text("DELETE FROM web_session WHERE id_hash = :id_hash")
SWEEP = (
    text("DELETE FROM web_session WHERE ends_at <= :now"),
    text("DELETE FROM web_sign_in WHERE ends_at <= :now"),
)


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What the issuer gave."""

    access: str
    refresh: str | None = None


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session as it was found; `expires_at` is the access token's end, `ends_at` its own."""

    tokens: Tokens
    expires_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """What must be known again when the browser comes back from the issuer."""

    verifier: str
    nonce: str
    return_to: str


def new_secret() -> str:
    """256 bits, as text that cookies and addresses take."""
    return secrets.token_urlsafe(32)


async def begin_sign_in(database: AsyncConnection, *, state: str, sign_in: SignIn, now: datetime) -> str:
    """Remember it for ten minutes, and return what the browser's cookie is to hold. Sweeps what has ended."""
    for statement in SWEEP:
        await database.execute(statement, {"now": now})
    browser = new_secret()
    values = {
        "id_hash": _hash(browser),
        "state_hash": _hash(state),
        "ends_at": now + timedelta(seconds=SIGN_IN_SECONDS),
        **asdict(sign_in),
    }
    await database.execute(BEGIN, values)
    return browser


async def take_sign_in(database: AsyncConnection, browser: str | None, *, state: str, now: datetime) -> SignIn | None:
    """The sign-in that this browser began; it can be taken once."""
    row = (await database.execute(TAKE, {"id_hash": _hash(browser or "")})).first()
    if row is None or row.ends_at <= now or not hmac.compare_digest(row.state_hash, _hash(state)):
        return None
    return SignIn(verifier=row.verifier, nonce=row.nonce, return_to=row.return_to)


async def open_session(
    database: AsyncConnection, tokens: Tokens, *, person_id: str, expires_at: datetime, ends_at: datetime
) -> str:
    """A new session, and its id for the browser's cookie."""
    id_ = new_secret()
    values = {
        "id_hash": _hash(id_),
        "person_id": person_id,
        "tokens": _sealed(id_, tokens),
        "expires_at": expires_at,
        "ends_at": ends_at,
    }
    await database.execute(OPEN, values)
    return id_


async def find_session(
    database: AsyncConnection, id_: str | None, *, now: datetime, for_update: bool = False
) -> Session | None:
    if not id_:
        return None
    row = (await database.execute(LOCK if for_update else READ, {"id_hash": _hash(id_), "now": now})).first()
    if row is None or (tokens := _opened(id_, row.tokens)) is None:
        return None
    return Session(tokens=tokens, expires_at=row.expires_at, ends_at=row.ends_at)


async def renew_session(database: AsyncConnection, id_: str, tokens: Tokens, *, expires_at: datetime) -> None:
    values = {"id_hash": _hash(id_), "tokens": _sealed(id_, tokens), "expires_at": expires_at}
    await database.execute(RENEW, values)


async def close_session(database: AsyncConnection, id_: str) -> None:
    await database.execute(CLOSE, {"id_hash": _hash(id_)})


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _cipher(id_: str) -> AESGCM:
    """Its key is made from the id, so a copy of the table alone opens nothing."""
    return AESGCM(hmac.digest(id_.encode(), b"tokens of a session", "sha256"))


def _sealed(id_: str, tokens: Tokens) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(id_).encrypt(nonce, json.dumps(asdict(tokens)).encode(), None)


def _opened(id_: str, sealed: bytes) -> Tokens | None:
    try:
        return Tokens(**json.loads(_cipher(id_).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)))
    except (InvalidTag, ValueError, TypeError):
        return None
