"""Takes every mail by SMTP, sends none on, and shows them over HTTP: as JSON for programs, as a page for people."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import escape
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from infra.local.mailbox import Mail, Mailbox

LARGEST = 10 * 1024 * 1024
# A caught mail is somebody else's HTML: nothing in it may run, load or lead away.
SAFE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "X-Content-Type-Options": "nosniff"}
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:start;padding:.4rem .6rem;border-bottom:1px solid #ccc}"
    "pre{white-space:pre-wrap;font:inherit;background:#f5f5f5;padding:1rem}"
)


class Catcher:
    """The SMTP side: aiosmtpd calls `handle_DATA` for each message."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.original_content or b""
        mail = await asyncio.to_thread(
            self._mailbox.add,
            envelope_from=envelope.mail_from or "",
            envelope_to=list(envelope.rcpt_tos),
            raw=content,
            now=datetime.now(UTC),
        )
        return f"250 caught as {mail.id}"


def mail_app(mailbox: Mailbox, *, smtp_host: str, smtp_port: int) -> Starlette:
    """The HTTP side, which also keeps the SMTP side listening while it lives."""

    @asynccontextmanager
    async def listening(_: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def session() -> SMTP:
            return SMTP(Catcher(mailbox), data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname="datacity", loop=loop)

        server = await loop.create_server(session, smtp_host, smtp_port)
        try:
            yield
        finally:
            server.close()

    async def list_messages(request: Request) -> JSONResponse:
        asked = {name: request.query_params.get(name, "") for name in ("to", "subject", "message_id")}
        deliveries = mailbox.deliveries()
        return JSONResponse({"messages": [_summary(mail, deliveries) for mail in mailbox.find(**asked)]})

    async def read_message(request: Request) -> JSONResponse:
        mail = mailbox.get(request.path_params["mail_id"])
        if mail is None:
            return JSONResponse({"title": "No such mail", "status": 404}, status_code=404)
        headers = {name: str(value) for name, value in mail.message.items()}
        return JSONResponse(_summary(mail, mailbox.deliveries()) | {"headers": headers, "html": _body(mail, "html")})

    async def clear(_: Request) -> Response:
        mailbox.clear()
        return Response(status_code=204)

    async def list_page(_: Request) -> HTMLResponse:
        rows = [
            f"<tr><td>{escape(mail.received_at[:19])}</td><td>{escape(', '.join(mail.envelope_to))}</td>"
            f'<td dir="auto"><a href="read/{mail.id}">{escape(_subject(mail))}</a></td></tr>'
            for mail in reversed(list(mailbox.find()))
        ]
        table = f"<table><tr><th>Received (UTC)<th>To<th>Subject</tr>{''.join(rows)}</table>"
        return _page("Caught mail", table if rows else "<p>No mail was caught yet.</p>")

    async def read_page(request: Request) -> HTMLResponse:
        mail = mailbox.get(request.path_params["mail_id"])
        if mail is None:
            return _page("No such mail", '<p><a href="../">All mails</a></p>', status=404)
        shown = f"<p>To {escape(', '.join(mail.envelope_to))}, {escape(mail.received_at[:19])} UTC</p>"
        shown += f'<pre dir="auto">{escape(_body(mail, "plain") or _body(mail, "html"))}</pre>'
        return _page(_subject(mail), f'{shown}<p><a href="../">All mails</a></p>')

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    return Starlette(
        lifespan=listening,
        routes=[
            Route("/", list_page),
            Route("/read/{mail_id}", read_page),
            Route("/messages", list_messages),
            Route("/messages", clear, methods=["DELETE"]),
            Route("/messages/{mail_id}", read_message),
            Route("/healthz", health),
        ],
    )


def _summary(mail: Mail, deliveries: dict[str, int]) -> dict[str, Any]:
    message = mail.message
    message_id = str(message["Message-ID"] or "").strip()
    return {
        "id": mail.id,
        "received_at": mail.received_at,
        "message_id": message_id or None,
        "deliveries": deliveries[message_id or mail.id],
        "from": mail.envelope_from,
        "to": mail.envelope_to,
        "subject": _subject(mail),
        "language": str(message["Content-Language"] or "") or None,
        "text": _body(mail, "plain"),
        "headers": {name: str(value) for name, value in message.items() if name.lower().startswith("x-")},
    }


def _subject(mail: Mail) -> str:
    return str(mail.message["Subject"] or "(no subject)")


def _body(mail: Mail, kind: str) -> str:
    part = mail.message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _page(title: str, body: str, *, status: int = 200) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{escape(title)}</title><style>{STYLE}</style><h1 dir="auto">{escape(title)}</h1>{body}</html>',
        status_code=status,
        headers=SAFE,
    )
