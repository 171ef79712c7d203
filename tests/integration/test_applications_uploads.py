"""Uploads that break off and go on, on a real database: by hand, and by a client that is not ours."""

import asyncio
import base64
import hashlib
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from tusclient.client import TusClient

from services.applications import sniffing
from services.applications.domain.attachments import LARGEST
from services.applications.domain.uploads import MOST_OPEN, OPEN_FOR, PIECE
from services.applications.handlers import uploads as handlers
from tests.support.applications import PREFIX, Applicant, Applications, Caller, applications, asks, form_body, pdf
from tests.support.files import document, picture
from tests.support.serving import served
from tests.support.stack import Backbone

OFFSET = "application/offset+octet-stream"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as started:
        yield started
        for reader in sniffing.readers._idle:
            reader.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def applicant(service: Applications) -> Applicant:
    season = await service.season(form=form_body(asks("plan", "file", accepts=["picture", "office"])))
    return await service.drafted(season, answers={})


async def ask(who: Caller, method: str, path: str, *, content: Any = b"", **headers: str) -> httpx.Response:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return await who.service.client.request(
        method, path, headers=who.headers | {"Tus-Resumable": "1.0.0"} | said, content=content
    )


async def begin(applicant: Applicant, length: int, **about: str) -> str:
    named = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in about.items())
    path = f"{PREFIX}{applicant.path}/uploads"
    answer = await ask(applicant.lead, "POST", path, Upload_Length=str(length), Upload_Metadata=named)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


async def send(who: Caller, path: str, offset: int, content: Any, **headers: str) -> httpx.Response:
    return await ask(who, "PATCH", path, content=content, Content_Type=OFFSET, Upload_Offset=str(offset), **headers)


async def offset_of(who: Caller, path: str) -> int:
    return int((await ask(who, "HEAD", path)).headers["Upload-Offset"])


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


async def test_a_file_arrives_in_pieces_and_is_attached_with_the_last(
    service: Applications, applicant: Applicant
) -> None:
    content = pdf(pages=3)
    path = await begin(applicant, len(content), filename="عرض.pdf")

    first = await send(applicant.lead, path, 0, content[:100])
    half_way = await offset_of(applicant.lead, path)
    last = await send(applicant.lead, path, 100, content[100:])

    assert (first.status_code, half_way, last.status_code) == (204, 100, 204)
    assert last.headers["Upload-Offset"] == str(len(content))
    attached = await ask(applicant.lead, "GET", last.headers["Content-Location"])
    assert attached.content == content
    assert await service.fetch("SELECT 1 FROM upload_piece") == []
    again = await send(applicant.lead, path, len(content), b"")
    assert (again.status_code, len((await applicant.lead.get(applicant.path)).json()["attachments"])) == (204, 1)


async def test_what_came_in_before_a_connection_is_cut_is_kept(service: Applications, applicant: Applicant) -> None:
    content = pdf() + bytes(2 * PIECE)
    path = await begin(applicant, len(content))

    async with served(service.app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = [
            f"PATCH {path} HTTP/1.1",
            "Host: test",
            *(f"{name}: {value}" for name, value in applicant.lead.headers.items()),
            "Tus-Resumable: 1.0.0",
            "Upload-Offset: 0",
            f"Content-Type: {OFFSET}",
            f"Content-Length: {len(content)}",
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode() + content[: PIECE + 1000])
        writer.write_eof()
        await reader.read()
        writer.close()

    assert await offset_of(applicant.lead, path) == PIECE + 1000


async def test_an_independent_client_uploads_breaks_off_and_goes_on(
    service: Applications, applicant: Applicant
) -> None:
    content = pdf() + b"%" + bytes(3 * PIECE)

    def upload(port: int) -> list[int]:
        client = TusClient(f"http://127.0.0.1:{port}{PREFIX}{applicant.path}/uploads", headers=applicant.lead.headers)
        begun = client.uploader(
            file_stream=io.BytesIO(content), chunk_size=PIECE, metadata={"filename": "deck.pdf"}, upload_checksum=True
        )
        begun.upload_chunk()
        begun.upload_chunk()
        another = client.uploader(file_stream=io.BytesIO(content), chunk_size=2**30, url=begun.url)
        went_on_from = another.offset
        another.upload()
        return [went_on_from, another.offset]

    async with served(service.app) as port:
        reached = await asyncio.to_thread(upload, port)

    assert reached == [2 * PIECE, len(content)]
    [deck] = (await applicant.lead.get(applicant.path)).json()["attachments"]
    assert (deck["name"], deck["size"], deck["sha256"]) == (
        "deck.pdf",
        len(content),
        hashlib.sha256(content).hexdigest(),
    )


async def test_bytes_that_changed_on_their_way_are_not_kept(applicant: Applicant) -> None:
    path = await begin(applicant, 1000)
    good = base64.b64encode(hashlib.sha1(b"as sent").digest()).decode()

    changed = await send(applicant.lead, path, 0, b"as it came", Upload_Checksum=f"sha1 {good}")
    unknown = await send(applicant.lead, path, 0, b"as sent", Upload_Checksum=f"crc32 {good}")
    nonsense = await send(applicant.lead, path, 0, b"as sent", Upload_Checksum="sha1 ?")
    kept = await send(applicant.lead, path, 0, b"as sent", Upload_Checksum=f"sha1 {good}")

    assert (changed.status_code, slug(changed)) == (460, "checksum-mismatch")
    assert [answer.status_code for answer in (unknown, nonsense, kept)] == [400, 400, 204]
    assert await offset_of(applicant.lead, path) == len(b"as sent")


async def test_pieces_that_do_not_follow_are_refused_with_where_it_stands(applicant: Applicant) -> None:
    path = await begin(applicant, 10)
    await send(applicant.lead, path, 0, b"12345")

    behind, ahead = await send(applicant.lead, path, 0, b"1"), await send(applicant.lead, path, 7, b"8")
    too_much = await send(applicant.lead, path, 5, b"6789012")
    both = await asyncio.gather(*(send(applicant.lead, path, 5, b"67") for _ in range(2)))

    assert [(answer.status_code, answer.json()["offset"]) for answer in (behind, ahead)] == [(409, 5)] * 2
    assert (too_much.status_code, slug(too_much)) == (413, "beyond-upload-length")
    assert sorted(answer.status_code for answer in both) == [204, 409]


async def test_the_protocol_is_told_and_asked_for(service: Applications, applicant: Applicant) -> None:
    path = f"{PREFIX}{applicant.path}/uploads"

    told = await service.client.options(path)
    silent = await service.client.post(path, headers=applicant.lead.headers | {"Upload-Length": "10"})
    stranger = await ask(await service.registered(), "POST", path, Upload_Length="10")

    assert (told.status_code, told.headers["Tus-Version"], told.headers["Tus-Max-Size"]) == (204, "1.0.0", str(LARGEST))
    assert (silent.status_code, slug(silent)) == (412, "tus-version-not-spoken")
    assert stranger.status_code == 404
    assert [answer.headers["Tus-Resumable"] for answer in (silent, stranger)] == ["1.0.0"] * 2


async def test_what_is_no_file_that_may_be_attached_ends_the_upload(
    service: Applications, applicant: Applicant
) -> None:
    empty, large = [
        await ask(applicant.lead, "POST", f"{PREFIX}{applicant.path}/uploads", Upload_Length=str(length))
        for length in (0, LARGEST + 1)
    ]
    path = await begin(applicant, 20)
    refused = await send(applicant.lead, path, 0, b"<script>alert(1)</s>")

    assert [answer.status_code for answer in (empty, large)] == [422, 413]
    assert (refused.status_code, slug(refused)) == (415, "not-a-pdf")
    assert (await ask(applicant.lead, "HEAD", path)).status_code == 404


async def test_a_busy_reader_of_files_loses_no_byte(
    service: Applications, applicant: Applicant, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = pdf()
    path = await begin(applicant, len(content))
    await send(applicant.lead, path, 0, content[:100])

    async def busy(*_: object) -> None:
        raise sniffing.ManyFiles

    with monkeypatch.context() as patched:
        patched.setattr(handlers, "attach_file", busy)
        later = await send(applicant.lead, path, 100, content[100:])
    assert (later.status_code, await offset_of(applicant.lead, path)) == (503, 100)
    assert (await send(applicant.lead, path, 100, content[100:])).status_code == 204


async def test_uploads_are_bounded_ended_and_forgotten(service: Applications, applicant: Applicant) -> None:
    paths = [await begin(applicant, 10) for _ in range(MOST_OPEN)]
    creation = f"{PREFIX}{applicant.path}/uploads"

    too_many = await ask(applicant.lead, "POST", creation, Upload_Length="10")
    ended = await ask(applicant.lead, "DELETE", paths[0])
    await send(applicant.lead, paths[1], 0, b"12345")
    service.clock.moment += OPEN_FOR + timedelta(seconds=1)
    gone = await ask(applicant.lead, "HEAD", paths[1])
    async with service.app.state.works.begin() as work:
        forgotten = await handlers.forget_old_uploads(work, limit=50)

    assert (too_many.status_code, ended.status_code, gone.status_code) == (409, 204, 404)
    assert forgotten >= MOST_OPEN - 1
    assert await service.fetch("SELECT 1 FROM upload_piece") == []


async def test_a_file_answers_a_field_of_the_form_and_is_named_in_its_answer(
    service: Applications, applicant: Applicant
) -> None:
    content = picture()
    path = await begin(applicant, len(content), filename="plan.png", field="plan")

    sent = await send(applicant.lead, path, 0, content)
    first = sent.headers["Content-Location"].rpartition("/")[2]
    files = {"file": ("notes.docx", document(), "x/y")}
    url = f"{PREFIX}{applicant.path}/attachments"
    at_once = await service.client.post(
        url, headers=applicant.lead.headers, files=files, data={"kind": "answer", "field": "plan"}
    )
    deck = await service.client.post(
        url, headers=applicant.lead.headers, files={"file": ("a.pdf", pdf())}, data={"kind": "answer", "field": "plan"}
    )
    nowhere = await service.client.post(
        url, headers=applicant.lead.headers, files=files, data={"kind": "answer", "field": "budget"}
    )
    said = (await applicant.lead.get(applicant.path)).json()
    given_back = await ask(applicant.lead, "GET", f"{url}/{first}")
    removed = await applicant.lead.delete(f"{applicant.path}/attachments/{first}")

    assert (at_once.status_code, at_once.json()["field_id"], at_once.json()["name"]) == (201, "plan", "notes.docx")
    assert (deck.status_code, slug(deck)) == (415, "file-not-accepted")
    assert (nowhere.status_code, slug(nowhere)) == (422, "no-such-file-field")
    assert said["answers"] == {"plan": f"{first},{at_once.json()['id']}"}
    assert (given_back.headers["Content-Type"], given_back.headers["Content-Disposition"][:28]) == (
        "image/png",
        'attachment; filename="answer',
    )
    assert removed.status_code == 204
    assert (await applicant.lead.get(applicant.path)).json()["answers"] == {"plan": at_once.json()["id"]}
