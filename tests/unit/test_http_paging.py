"""Pages follow one another without loss, and a cursor made elsewhere is refused."""

import base64
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.http import Cursor, Paging
from shared.http.paging import MalformedCursor
from tests.support.issuer import FakeIssuer
from tests.support.sample_service import PREFIX, calling, sample_app

ISSUER = FakeIssuer()
KEY = (datetime(2026, 11, 23, 10, 30, 0, 5, tzinfo=UTC), UUID(int=7), "text", 7)


def made_elsewhere(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def test_a_cursor_brings_back_its_key() -> None:
    assert Cursor.decode(Cursor.encode(KEY), datetime, UUID, str, int) == KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "é",
        "x" * 2000,
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        made_elsewhere({}),
        made_elsewhere([]),
        made_elsewhere([1, 2]),
        made_elsewhere(["not a date", str(UUID(int=1))]),
        made_elsewhere(["2026-11-23T10:00:00", str(UUID(int=1))]),
        made_elsewhere(["2026-11-23T10:00:00+00:00", "not-a-uuid"]),
        made_elsewhere(["2026-11-23T10:00:00+00:00", None]),
        made_elsewhere(None),
    ],
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(MalformedCursor):
        Cursor.decode(text, datetime, UUID)


@pytest.mark.parametrize("part", [2**63, True, "7", 1.5, None])
def test_a_number_must_be_one_that_the_database_has(part: object) -> None:
    with pytest.raises(MalformedCursor):
        Cursor.decode(made_elsewhere([part]), int)


@pytest.mark.parametrize("part", ["a\x00b", "a\nb", 7])
def test_text_must_be_printable(part: object) -> None:
    with pytest.raises(MalformedCursor):
        Cursor.decode(made_elsewhere([part]), str)


def test_the_last_page_has_no_next() -> None:
    paging = Paging(limit=2)

    full = paging.page([1, 2], key=lambda row: (row,), view=str)
    more = paging.page([1, 2, 3], key=lambda row: (row,), view=str)

    assert (full.items, full.next) == (["1", "2"], None)
    assert more.items == ["1", "2"]
    assert Paging(cursor=more.next).after(int) == (2,)
    assert paging.after(int) is None


async def test_following_next_shows_everything_once() -> None:
    seen: list[str] = []
    async with calling(sample_app(issuer=ISSUER)) as client:
        cursor: dict[str, str] = {}
        for _ in range(3):
            page = (await client.get(f"{PREFIX}/notes", params={"limit": 2, **cursor})).json()
            seen += [item["title"] for item in page["items"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}

    assert seen == [f"note {number}" for number in range(5)]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=201", 422),
        ("limit=many", 422),
        ("cursor=nonsense", 400),
        ("cursor=" + "x" * 2000, 422),
    ],
)
async def test_a_page_that_can_not_be_is_refused(query: str, status: int) -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.get(f"{PREFIX}/notes?{query}")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
