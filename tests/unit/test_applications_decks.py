"""What an uploaded file is found to be: by its content, in a process that may die of it."""

import asyncio
import zlib

import pytest

from services.applications import decks
from services.applications.decks import ManyFiles, Reader, Readers
from services.applications.domain import attachments
from shared.errors import DomainError
from tests.support.applications import pdf


@pytest.fixture(autouse=True)
def fresh_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers of this test's loop, ended with it."""
    monkeypatch.setattr(decks, "readers", Readers())


async def test_a_pdf_is_measured() -> None:
    content = pdf(pages=3)

    deck = await decks.check(content)

    assert (deck.media_type, deck.pages, len(deck.sha256)) == ("application/pdf", 3, 64)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", attachments.NotAPdf),
        (b"MZ\x90\x00 a program", attachments.NotAPdf),
        (b"<html>%PDF-1.4", attachments.NotAPdf),
        (b"PK\x03\x04" + pdf(), attachments.NotAPdf),
        (b"%PDF-1.7\nand then nothing of the kind", attachments.UnreadablePdf),
        (pdf()[:200], attachments.UnreadablePdf),
        (pdf(password="secret"), attachments.EncryptedPdf),
        (pdf(pages=attachments.MOST_PAGES + 1), attachments.TooManyPages),
        (b"%PDF-" + bytes(attachments.LARGEST), attachments.FileTooLarge),
    ],
)
async def test_whatever_else_is_refused_by_name(content: bytes, refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        await decks.check(content)


async def test_a_file_that_unpacks_to_far_more_ends_nobody_but_its_reader() -> None:
    with pytest.raises(attachments.UnreadablePdf):
        await decks.check(bomb())

    assert (await decks.check(pdf())).pages == 1


async def test_a_reader_that_was_killed_is_started_again() -> None:
    reader = Reader()
    await reader.describe(pdf())
    assert reader._process is not None
    reader._process.kill()
    await reader._process.wait()

    assert await reader.describe(pdf(pages=2)) == {"pages": 2}
    reader.stop()


async def test_an_answer_never_belongs_to_the_file_before() -> None:
    reader = Reader()
    await reader.describe(pdf())
    asking = asyncio.create_task(reader.describe(pdf(pages=9)))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    assert await reader.describe(pdf(pages=2)) == {"pages": 2}
    reader.stop()


async def test_beyond_what_may_wait_one_is_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    content = pdf()
    monkeypatch.setattr(decks, "MOST_BYTES_WAITING", 3 * len(content))

    answers = await asyncio.gather(*(decks.check(content) for _ in range(5)), return_exceptions=True)

    assert [type(answer).__name__ for answer in answers] == ["Deck"] * 3 + [ManyFiles.__name__] * 2


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("deck.pdf", "deck.pdf"),
        ("C:\\Users\\x\\deck.PDF", "deck.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("عرض المشروع.pdf", "عرض المشروع.pdf"),
        ("présentation.pdf", "présentation.pdf"),
        ("invoice\u202efdp.exe", "invoice fdp.exe.pdf"),
        ('a"b;c\r\nX-Header: 1.pdf', "a b c X-Header 1.pdf"),
        ("\x00\x07.pdf", "pitch-deck.pdf"),
        ("", "pitch-deck.pdf"),
        ("..", "pitch-deck.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_is_kept_as_far_as_it_is_harmless(given: str, kept: str) -> None:
    assert attachments.safe_name(given) == kept


def bomb() -> bytes:
    """A PDF whose table of objects unpacks to 128 MiB."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(128)) + packer.flush()
    head = b"%PDF-1.5\n"
    table = (
        b"1 0 obj\n<< /Type /XRef /Size 2 /W [1 2 1] /Root 2 0 R /Filter /FlateDecode /Length %d >>\nstream\n"
        % len(packed)
    )
    return head + table + packed + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)
