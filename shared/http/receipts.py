"""Receipts over HTTP: beside the answer of what was taken in, and the key that they are signed with."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from shared.errors import NotFound
from shared.http.dependencies import WorkDep
from shared.http.routes import does, service_router
from shared.identity import PermissionTable
from shared.receipts import Told, receipt_for
from shared.settings import Settings
from shared.tlog.keys import SigningKey


class NoReceiptKey(NotFound):
    slug = "no-receipt-key"
    message = "This service signs no receipts: its operator has set no DATACITY_RECEIPT_KEY."


def _receipt(request: Request, work: WorkDep) -> "Receipts":
    skey = cast("Settings", request.app.state.settings).receipt_key
    return Receipts(skey.get_secret_value() if skey else None, work)


class Receipts:
    """Signs what this request's work tells, or what was told before."""

    def __init__(self, skey: str | None, work: WorkDep) -> None:
        self._skey = skey
        self._work = work

    def of_last(self) -> str | None:
        """The receipt of the event that was published last; None where no key is set. Nothing holds before commit."""
        return self.of(self._work.told[-1])

    def of(self, told: Told) -> str | None:
        """The receipt of an event of ours, which the caller may see whole; None where no key is set."""
        return receipt_for(told, self._skey) if self._skey else None


ReceiptsDep = Annotated[Receipts, Depends(_receipt)]

ReceiptText = Annotated[
    str | None,
    Field(
        description="The same, signed (https://c2sp.org/signed-note): keep it. GET …/receipt-key has the key, and "
        "`event` in it is what notifications proves to be in the journal."
    ),
]


def receipts_router(prefix: str, *, permissions: PermissionTable) -> APIRouter:
    """`GET PREFIX/receipt-key`, for whoever checks a receipt; the table must let anyone `read_receipt_key`."""
    router = service_router(prefix, permissions=permissions, tags=["receipts"])

    @router.get(
        "/receipt-key",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
        **does("read_receipt_key", transaction=False),
    )
    async def read_receipt_key(request: Request) -> Response:
        """The key that this service signs receipts with, as https://c2sp.org/signed-note writes it: one line."""
        skey = cast("Settings", request.app.state.settings).receipt_key
        if skey is None:
            raise NoReceiptKey
        vkey = SigningKey.parse(skey.get_secret_value()).verifier.vkey
        return Response(f"{vkey}\n", media_type="text/plain; charset=utf-8")

    return router
