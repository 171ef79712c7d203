"""A POST sent twice with one Idempotency-Key has one effect and one answer.

The key is written in the effect's own transaction, before the effect: whoever comes second waits for the first to
commit, then gets its stored answer; if the first rolls back, the second goes ahead. Refusals are not stored.
"""

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Self

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import BadRequest, Invalid
from shared.http.described import KEY_PATTERN
from shared.http.faults import Outpaced
from shared.http.receiving import ReceivedBody
from shared.identity import Actor
from shared.work import Work, Works

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"

_KEY = re.compile(KEY_PATTERN)
_CLAIM = text(
    "INSERT INTO idempotency_keys (actor, key, request_digest) VALUES (:actor, :key, :digest) "
    "ON CONFLICT DO NOTHING RETURNING 1"
)
_STORED = text("SELECT request_digest, status, headers, body FROM idempotency_keys WHERE actor = :actor AND key = :key")
_KEEP = text(
    "UPDATE idempotency_keys SET status = :status, headers = cast(:headers AS jsonb), body = :body "
    "WHERE actor = :actor AND key = :key"
)


_PRUNE = text("DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(hours => :hours)")

KEPT_HOURS = 24
"""How long a key is good for; its stored answer may hold what a person wrote, so it does not stay."""

_PRUNE_EVERY_SECONDS = 3600.0


class MalformedKey(BadRequest):
    slug = "malformed-idempotency-key"
    message = "Idempotency-Key takes 1 to 255 printable ASCII characters without spaces, such as a UUID."


class KeyReused(Invalid):
    slug = "idempotency-key-reused"
    message = "This Idempotency-Key was used for another request. Use a new one for each new request."


async def forget_old_keys(works: Works) -> None:
    """Delete keys past their time, every hour, until cancelled."""
    while True:
        async with works.begin() as work:
            await (await work.session.connection()).execute(_PRUNE, {"hours": KEPT_HOURS})
        await asyncio.sleep(_PRUNE_EVERY_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One caller's key for one request."""

    actor: str
    key: str
    digest: str

    @classmethod
    def of(cls, request: Request, actor: Actor, body: ReceivedBody) -> Self | None:
        """None without the header. A caller who is not signed in is told apart by address, so keys can't be shared."""
        given = request.headers.getlist(HEADER)
        if not given:
            return None
        if len(given) > 1 or not _KEY.fullmatch(given[0]):
            raise MalformedKey
        who = actor.person_id
        if actor.is_anonymous:
            who = f"{who}:{request.client.host if request.client else 'unknown'}"
        digest = body.digest(request.method, request.scope["path"], request.scope["query_string"].decode("latin-1"))
        return cls(actor=who, key=given[0], digest=digest)

    async def answered(self, work: Work) -> Response | None:
        """The stored answer; None if this request is the first, which then holds the key until its end."""
        mine = {"actor": self.actor, "key": self.key}
        connection = await work.session.connection()
        if (await connection.execute(_CLAIM, {**mine, "digest": self.digest})).first():
            return None
        stored = (await connection.execute(_STORED, mine)).first()
        if stored is None:  # forgotten for its age in this very moment
            raise Outpaced
        if stored.request_digest != self.digest:
            raise KeyReused
        response = Response(bytes(stored.body), status_code=stored.status)
        response.raw_headers = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in stored.headers]
        response.headers[REPLAYED] = "true"
        return response

    async def keep(self, work: Work, response: Response) -> None:
        """Store the answer beside its effect."""
        headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in response.raw_headers]
        stored = {"status": response.status_code, "headers": json.dumps(headers), "body": bytes(response.body)}
        connection = await work.session.connection()
        await connection.execute(_KEEP, {"actor": self.actor, "key": self.key, **stored})
