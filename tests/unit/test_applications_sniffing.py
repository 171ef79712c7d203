"""What an uploaded file is found to be: by its content, in a process that may die of it."""

import asyncio
import zlib
from itertools import count

import pytest

from services.applications import sniffing
from services.applications.domain import attachments
from services.applications.domain.attachments import Sort
from services.applications.sniffing import ManyFiles, Reader, Readers
from shared.errors import DomainError
from tests.support.applications import pdf
from tests.support.files import (
    DOCUMENT,
    archive_within_archives,
    document,
    fetching,
    open_document,
    packed,
    picture,
)

PDF = {Sort.PDF}


@pytest.fixture(autouse=True)
def fresh_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers of this test's loop, ended with it."""
    monkeypatch.setattr(sniffing, "readers", Readers())


async def test_a_pdf_is_measured() -> None:
    content = pdf(pages=3)

    deck = await sniffing.check(content, accepted=PDF)

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
        await sniffing.check(content, accepted=PDF)


async def test_a_file_that_unpacks_to_far_more_ends_nobody_but_its_reader() -> None:
    with pytest.raises(attachments.UnreadablePdf):
        await sniffing.check(bomb(), accepted=PDF)

    assert (await sniffing.check(pdf(), accepted=PDF)).pages == 1


async def test_a_reader_that_was_killed_is_started_again() -> None:
    reader = Reader()
    await reader.describe(pdf())
    assert reader._process is not None
    reader._process.kill()
    await reader._process.wait()

    assert await reader.describe(pdf(pages=2)) == {"media_type": "application/pdf", "pages": 2}
    reader.stop()


async def test_an_answer_never_belongs_to_the_file_before() -> None:
    reader = Reader()
    await reader.describe(pdf())
    asking = asyncio.create_task(reader.describe(pdf(pages=9)))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    assert await reader.describe(pdf(pages=2)) == {"media_type": "application/pdf", "pages": 2}
    reader.stop()


async def test_beyond_what_may_wait_one_is_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    content = pdf()
    monkeypatch.setattr(sniffing, "MOST_BYTES_WAITING", 3 * len(content))

    answers = await asyncio.gather(*(sniffing.check(content, accepted=PDF) for _ in range(5)), return_exceptions=True)

    assert [type(answer).__name__ for answer in answers] == ["Described"] * 3 + [ManyFiles.__name__] * 2


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


EVERYTHING = set(Sort)


@pytest.mark.parametrize(
    ("content", "sort", "media_type"),
    [
        (picture("PNG"), Sort.PICTURE, "image/png"),
        (picture("JPEG"), Sort.PICTURE, "image/jpeg"),
        (document(), Sort.OFFICE, DOCUMENT),
        (document(word__embeddings__sheet_dot_xlsx=document()), Sort.OFFICE, DOCUMENT),
        (document(word___rels__document_dot_xml_dot_rels=fetching("hyperlink")), Sort.OFFICE, DOCUMENT),
        (open_document(), Sort.OFFICE, "application/vnd.oasis.opendocument.text"),
        ("rue;débit;écart\nلساسفة;12,5;-3\n".encode(), Sort.TABLE, "text/csv"),
        (b"\xef\xbb\xbfa,b\r\n+212 6 00,-1.5%\r\n", Sort.TABLE, "text/csv"),
    ],
    ids=count(),
)
async def test_what_a_form_accepts_is_found_out_by_its_content(content: bytes, sort: Sort, media_type: str) -> None:
    found = await sniffing.check(content, accepted=EVERYTHING)

    assert (found.sort, found.media_type, found.pages) == (sort, media_type, 0)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (picture()[:-20], attachments.UnreadableFile),
        (picture() + document(), attachments.UnreadableFile),
        (picture(size=(9_000, 9_000)), attachments.TooManyPixels),
        (b"\x89PNG\r\n\x1a\n<script>", attachments.UnreadableFile),
        (packed({"readme.txt": b"any archive"}), attachments.UnreadableFile),
        (document()[:-10], attachments.UnreadableFile),
        (document(word__vbaProject_dot_bin=b"macros"), attachments.Macros),
        (document(word__embeddings__oleObject1_dot_bin=b"an object"), attachments.Macros),
        (document("application/vnd.ms-word.document.macroEnabled"), attachments.Macros),
        (document(word___rels__settings_dot_xml_dot_rels=fetching("attachedTemplate")), attachments.Macros),
        (document(word__media__zeros_dot_bmp=bytes(120 * 2**20)), attachments.ArchiveTooLarge),
        (document(word__embeddings__deep_dot_docx=archive_within_archives(1)), attachments.ArchiveTooLarge),
        (packed({f"{n}.xml": b"" for n in range(3_001)}), attachments.ArchiveTooLarge),
        (b"just a sentence\nand another, with a comma\n", attachments.NotATable),
        (b"a,b\n1,2,3\n", attachments.NotATable),
        (b"MZ\x90\x00,b\n", attachments.NotATable),
        (b"<script>alert(1)</script>", attachments.NotATable),
        ("a,b\nç,d\n".encode("latin-1"), attachments.NotATable),
        (b"a,b\n=HYPERLINK(1),2\n", attachments.Formulas),
        (b"a,b\n1,@SUM(1)\n", attachments.Formulas),
        (b"a,b\n-2+cmd|calc,1\n", attachments.Formulas),
    ],
    ids=count(),
)
async def test_what_could_harm_whoever_opens_it_is_refused_by_name(content: bytes, refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        await sniffing.check(content, accepted=EVERYTHING)


async def test_what_a_field_does_not_accept_is_told_what_it_does() -> None:
    with pytest.raises(attachments.NotAccepted) as refused:
        await sniffing.check(pdf(), accepted={Sort.PICTURE, Sort.TABLE})

    assert "a PNG or JPEG picture, or a table as CSV" in refused.value.message


def test_a_name_ends_as_its_content_says() -> None:
    assert attachments.safe_name("plan.exe", "image/png") == "plan.exe.png"
    assert attachments.safe_name("mesures.CSV", "text/csv") == "mesures.csv"
    assert attachments.safe_name("slides.pdf", DOCUMENT) == "slides.docx"
