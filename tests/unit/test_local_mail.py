"""Every mail is caught, kept over a restart, and shown without running anything in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx

from infra.local.mail_catcher import mail_app
from infra.local.mailbox import Mailbox
from infra.local.ports import HOST, port_for
from infra.local.state import State


@asynccontextmanager
async def catcher(folder: Path) -> AsyncIterator[tuple[int, httpx.AsyncClient]]:
    port = port_for("smtp", State(folder.parent / "state.json"))
    app = mail_app(Mailbox(folder), smtp_host=HOST, smtp_port=port)
    browser = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://mail.test")
    async with app.router.lifespan_context(app), browser as http:
        yield port, http


def letter(to: str, subject: str, *, message_id: str = "<1@datacity.example>", text: str = "Bonjour") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "no-reply@datacity.example"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = message_id
    message.set_content(text)
    return message


async def send(port: int, message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname=HOST, port=port)


async def test_a_mail_is_found_by_whom_it_is_for_and_what_it_is_about(tmp_path: Path) -> None:
    async with catcher(tmp_path / "mail") as (port, http):
        await send(port, letter("amina@example.org", "Dossier reçu", message_id="<1@d>"))
        await send(port, letter("karim@example.org", "تم استلام ملفكم", message_id="<2@d>", text="مرحبا"))

        (hers,) = (await http.get("/messages", params={"to": "AMINA@", "subject": "reçu"})).json()["messages"]
        (his,) = (await http.get("/messages", params={"subject": "استلام"})).json()["messages"]

    assert hers["to"] == ["amina@example.org"]
    assert hers["text"].strip() == "Bonjour"
    assert his["subject"] == "تم استلام ملفكم"
    assert his["text"].strip() == "مرحبا"


async def test_a_mail_that_came_twice_is_kept_twice_and_counted(tmp_path: Path) -> None:
    async with catcher(tmp_path / "mail") as (port, http):
        for _ in range(2):
            await send(port, letter("amina@example.org", "Résultats"))

        messages = (await http.get("/messages")).json()["messages"]

    assert [message["deliveries"] for message in messages] == [2, 2]


async def test_a_restart_loses_none(tmp_path: Path) -> None:
    async with catcher(tmp_path / "mail") as (port, _):
        await send(port, letter("amina@example.org", "Résultats"))

    async with catcher(tmp_path / "mail") as (_, http):
        (kept,) = (await http.get("/messages")).json()["messages"]
        whole = (await http.get(f"/messages/{kept['id']}")).json()

    assert whole["headers"]["Message-ID"] == "<1@datacity.example>"


async def test_many_at_once_are_all_kept(tmp_path: Path) -> None:
    async with catcher(tmp_path / "mail") as (port, http):
        letters = [letter(f"team{number}@example.org", "Appel", message_id=f"<{number}@d>") for number in range(40)]
        await asyncio.gather(*(send(port, message) for message in letters))

        messages = (await http.get("/messages")).json()["messages"]

    assert {message["to"][0] for message in messages} == {f"team{number}@example.org" for number in range(40)}


async def test_what_a_mail_contains_is_shown_and_never_run(tmp_path: Path) -> None:
    script = "<script>alert(1)</script>"
    async with catcher(tmp_path / "mail") as (port, http):
        await send(port, letter("amina@example.org", script, text=script))
        listed = await http.get("/")
        (mail,) = (await http.get("/messages")).json()["messages"]
        read = await http.get(f"/read/{mail['id']}")

    for page in (listed, read):
        assert "<script>" not in page.text
        assert "&lt;script&gt;" in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'none'")


async def test_the_box_can_be_emptied(tmp_path: Path) -> None:
    async with catcher(tmp_path / "mail") as (port, http):
        await send(port, letter("amina@example.org", "Résultats"))

        assert (await http.delete("/messages")).status_code == 204
        assert (await http.get("/messages")).json() == {"messages": []}
        assert (await http.get("/messages/nothing")).status_code == 404
    assert list((tmp_path / "mail").iterdir()) == []
