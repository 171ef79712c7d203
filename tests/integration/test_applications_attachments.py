"""An application's files over HTTP: taken in within bounds, checked by content, and only ever downloaded."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator

import pytest_asyncio

from services.applications import sniffing
from services.applications.domain.attachments import LARGEST, MOST_PER_DRAFT
from tests.support.applications import PREFIX, Applicant, Applications, applications, pdf
from tests.support.stack import Backbone

GIGABYTE = 10**9


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as started:
        yield started
        for reader in sniffing.readers._idle:
            reader.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def applicant(service: Applications) -> Applicant:
    return await service.drafted(await service.season())


def slug(answer: object) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]  # type: ignore[attr-defined]  # any response with a body


async def kept(service: Applications) -> int:
    [row] = await service.fetch("SELECT count(*) AS n FROM attachment_content")
    return int(row.n)


async def test_a_deck_is_taken_in_and_given_back_for_download_only(service: Applications, applicant: Applicant) -> None:
    content = pdf(pages=2)

    uploaded = await applicant.lead.upload(
        applicant.path, content, name="عرض\u202e المشروع.pdf", media_type="text/html"
    )
    deck = uploaded.json()
    given_back = await applicant.lead.get(f"{applicant.path}/attachments/{deck['id']}")

    assert uploaded.status_code == 201
    assert (deck["name"], deck["media_type"], deck["pages"]) == ("عرض المشروع.pdf", "application/pdf", 2)
    assert given_back.content == content
    assert given_back.headers["Content-Type"] == "application/pdf"
    assert given_back.headers["Content-Disposition"].startswith("attachment; ")
    assert given_back.headers["X-Content-Type-Options"] == "nosniff"
    assert given_back.headers["Content-Security-Policy"].startswith("sandbox;")
    told = await service.told(applicant.application_id)
    assert told == ["application.drafted", "application.attachment-added"]


async def test_a_deck_can_be_removed_and_what_was_handed_in_keeps_it(
    service: Applications, applicant: Applicant
) -> None:
    deck = f"{applicant.path}/attachments/{(await applicant.lead.upload(applicant.path, pdf())).json()['id']}"
    await applicant.lead.post(f"{applicant.path}/submit")
    before = await kept(service)
    loose = f"{applicant.path}/attachments/{(await applicant.lead.upload(applicant.path, pdf())).json()['id']}"

    blind, stale = await applicant.lead.delete(deck, match=None), await applicant.lead.delete(deck, match='"9"')
    answers = [await applicant.lead.delete(each) for each in (deck, loose, loose)]

    assert (blind.status_code, stale.status_code) == (428, 412)
    assert [answer.status_code for answer in answers] == [204, 204, 404]
    assert await kept(service) == before
    assert (await applicant.lead.get(applicant.path)).json()["attachments"] == []
    assert (await applicant.lead.get(deck)).status_code == 200
    assert (await applicant.lead.get(loose)).status_code == 404


async def test_what_is_no_readable_pdf_is_refused_and_not_kept(service: Applications, applicant: Applicant) -> None:
    before = await kept(service)
    bad = [b"", b"MZ\x90\x00", b"<script>alert(1)</script>", b"%PDF-1.4 broken", pdf(password="secret")]

    answers = [await applicant.lead.upload(applicant.path, content) for content in bad]

    assert [(answer.status_code, slug(answer)) for answer in answers] == [
        (415, "not-a-pdf"),
        (415, "not-a-pdf"),
        (415, "not-a-pdf"),
        (415, "unreadable-pdf"),
        (415, "encrypted-pdf"),
    ]
    assert await kept(service) == before


async def test_another_content_type_or_form_is_refused(service: Applications, applicant: Applicant) -> None:
    url = f"{PREFIX}{applicant.path}/attachments"
    headers = applicant.lead.headers

    raw = await service.client.post(url, headers=headers | {"Content-Type": "application/pdf"}, content=pdf())
    fieldless = await service.client.post(url, headers=headers, files={"deck": ("a.pdf", pdf())})
    nonsense = await service.client.post(
        url, headers=headers | {"Content-Type": "multipart/form-data; boundary=x"}, content=b"not a form"
    )

    assert raw.status_code == 415
    assert fieldless.status_code == 422
    assert nonsense.status_code in {400, 422}
    assert all(answer.json()["detail"] for answer in (raw, fieldless, nonsense))


async def test_a_gigabyte_is_refused_and_memory_stays_small(service: Applications, applicant: Applicant) -> None:
    """What is sent after the refusal is the kit's affair: it lets the sender hear the answer, and keeps nothing."""
    url = f"{PREFIX}{applicant.path}/attachments"
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    block = bytes(2**20)

    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-'
        for _ in range(GIGABYTE // 2**20):
            yield block

    before = await kept(service)
    tracemalloc.start()
    announced = await service.client.post(
        url, headers=applicant.lead.headers | form | {"Content-Length": str(GIGABYTE)}, content=endless()
    )
    streamed = await service.client.post(url, headers=applicant.lead.headers | form, content=endless())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (announced.status_code, slug(announced)) == (413, "body-too-large")
    assert (streamed.status_code, slug(streamed)) == (413, "body-too-large")
    assert "10502144" in streamed.json()["detail"]
    assert peak < 2 * LARGEST
    assert await kept(service) == before


async def test_the_largest_file_passes_and_one_byte_more_does_not(service: Applications, applicant: Applicant) -> None:
    small = pdf()
    # A comment in front of the end keeps it a PDF.
    largest = small + b"%" + bytes(LARGEST - len(small) - 1)

    over = await applicant.lead.upload(applicant.path, largest + b"%")
    just = await applicant.lead.upload(applicant.path, largest)

    assert (over.status_code, slug(over)) == (413, "file-too-large")
    assert just.status_code in {201, 415}


async def test_a_draft_holds_a_few_files_however_they_arrive(service: Applications, applicant: Applicant) -> None:
    answers = await asyncio.gather(*(applicant.lead.upload(applicant.path, pdf()) for _ in range(MOST_PER_DRAFT + 2)))

    assert sorted(answer.status_code for answer in answers) == [201] * MOST_PER_DRAFT + [409] * 2


async def test_a_repeated_upload_with_one_key_adds_one_file(service: Applications, applicant: Applicant) -> None:
    url = f"{PREFIX}{applicant.path}/attachments"
    headers = applicant.lead.headers | {"Idempotency-Key": "one-click"}
    content = pdf()

    answers = [await service.client.post(url, headers=headers, files={"file": ("a.pdf", content)}) for _ in range(2)]

    assert answers[0].status_code == 201
    assert answers[0].json() == answers[1].json()
    assert len((await applicant.lead.get(applicant.path)).json()["attachments"]) == 1


async def test_only_the_team_attaches(service: Applications, applicant: Applicant) -> None:
    other = await service.registered()

    assert (await other.upload(applicant.path, pdf())).status_code == 404
    assert (await service.staff.upload(applicant.path, pdf())).status_code == 403
    assert (await service.anybody.upload(applicant.path, pdf())).status_code == 401
