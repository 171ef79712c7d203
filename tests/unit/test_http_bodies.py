"""Bodies are strict, text is safe, and a refusal says where without saying what was sent."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import Field, ValidationError

from shared.http import Body, LongText, ShortText, Slug, View, WorkDep, does, is_safe, service_router
from tests.support.issuer import FakeIssuer
from tests.support.sample_service import PERMISSIONS, PREFIX, calling, sample_app

ISSUER = FakeIssuer()


class Answer(Body):
    text: LongText


class Cat(Body):
    kind: Literal["cat"]
    lives: int


class Dog(Body):
    kind: Literal["dog"]


class FormBody(Body):
    title: ShortText
    slug: Slug = "a-slug"
    owner: UUID | None = None
    opens: datetime | None = None
    pages: int = 1
    share: float = 0.5
    shown: bool = True
    answers: list[Answer] = Field(default_factory=list)
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None


class FormView(View):
    title: str
    owner: UUID | None


def form_app() -> Any:
    router = service_router(PREFIX, permissions=PERMISSIONS)

    @router.post("/forms", **does("leave_note"))
    async def send(body: FormBody, work: WorkDep) -> FormView:
        return FormView(title=body.title, owner=body.owner)

    return sample_app(router, issuer=ISSUER)


async def send(content: Any) -> Any:
    async with calling(form_app()) as client:
        if isinstance(content, bytes):
            return await client.post(f"{PREFIX}/forms", content=content, headers={"content-type": "application/json"})
        return await client.post(f"{PREFIX}/forms", json=content)


async def test_what_fits_is_read() -> None:
    owner = "7f1b2f5c-3c0e-4c5e-9a53-0d6f0a2b9c11"

    answer = await send(
        {"title": "  A title ", "owner": owner, "opens": "2026-11-23T10:00:00Z", "pet": {"kind": "cat", "lives": 9}}
    )

    assert (answer.status_code, answer.json()) == (200, {"title": "A title", "owner": owner})


@pytest.mark.parametrize(
    ("content", "pointer", "code"),
    [
        ({}, "#/title", "missing"),
        ({"title": "x", "rank": 1}, "#/rank", "extra_forbidden"),
        ({"title": "x", "a/b~c": 1}, "#/a~1b~0c", "extra_forbidden"),
        ({"title": "x", "answers": [{"text": "y"}, {"text": ""}]}, "#/answers/1/text", "string_too_short"),
        ({"title": "x", "answers": [{"text": "y", "by": "z"}]}, "#/answers/0/by", "extra_forbidden"),
        ({"title": "x" * 201}, "#/title", "string_too_long"),
        ({"title": "   "}, "#/title", "string_too_short"),
        ({"title": 7}, "#/title", "string_type"),
        ({"title": "x", "pages": "7"}, "#/pages", "int_type"),
        ({"title": "x", "pages": True}, "#/pages", "int_type"),
        ({"title": "x", "shown": "yes"}, "#/shown", "bool_type"),
        ({"title": "x", "share": "0.5"}, "#/share", "float_type"),
        ({"title": "x", "owner": "not-a-uuid"}, "#/owner", "uuid_parsing"),
        ({"title": "x", "slug": "No Slug"}, "#/slug", "string_pattern_mismatch"),
        ({"title": "x", "pet": {"kind": "zebra-canary"}}, "#/pet", "union_tag_invalid"),
        ({"title": "x", "pet": {"kind": "cat", "lives": "9"}}, "#/pet/cat/lives", "int_type"),
        ([], "#", "model_type"),
        ("text", "#", "model_type"),
        (None, "#", "missing"),
    ],
)
async def test_what_does_not_is_pointed_at(content: Any, pointer: str, code: str) -> None:
    answer = await send(content)

    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/request-invalid")
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"",
        b'{"title": "x"} and more',
        b'{"title": NaN}',
        b'{"pages": Infinity}',
        b'{"title": "\xff"}',
        b'{"title": "\\ud800"}',
        b"[" * 100_000,
        b'{"title": "x", "pages": ' + b"9" * 10_000 + b"}",
    ],
    ids=["cut off", "empty", "two", "nan", "infinity", "not utf-8", "half a pair", "deep", "long number"],
)
async def test_what_is_no_json_is_refused(content: bytes) -> None:
    answer = await send(content)

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "content",
    [
        {"title": "zebra-canary\u202e"},
        {"title": "zebra-canary" * 100},
        {"title": "x", "owner": "zebra-canary"},
        {"title": "x", "pages": "zebra-canary"},
        {"title": "x", "slug": "zebra canary"},
        {"title": "x", "opens": "zebra-canary"},
        {"title": "x", "pet": {"kind": "zebra-canary"}},
        {"title": "x", "pet": "zebra-canary"},
    ],
)
async def test_a_refusal_never_repeats_what_was_sent(content: dict[str, Any]) -> None:
    answer = await send(content)

    assert answer.status_code == 422
    assert "zebra" not in answer.text


async def test_a_refusal_stays_short_however_much_is_wrong() -> None:
    answer = await send({"title": "x", **{f"{number}" + "y" * 4000: 1 for number in range(200)}})

    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 100
    assert len(answer.content) < 60_000


# Text.


@pytest.mark.parametrize(
    "text",
    ["a\x00b", "a\x07b", "a\x1bb", "a\x7fb", "a\x85b", "a\u202eb", "a\u202ab", "a\u2066b", "a\u2069b", "\ufeffa",
     "a\U000e0041b"],
)  # fmt: skip
def test_characters_that_deceive_are_refused_everywhere(text: str) -> None:
    assert not is_safe(text)
    assert not is_safe(text, multiline=True)
    with pytest.raises(ValidationError):
        FormBody(title=text)
    with pytest.raises(ValidationError):
        Answer(text=text)


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\r\nb", "a\u2028b"])
def test_lines_break_in_long_text_only(text: str) -> None:
    assert Answer(text=text).text == text
    with pytest.raises(ValidationError):
        FormBody(title=text)


@pytest.mark.parametrize("text", ["الدار البيضاء", "Écoles & co – « ici »", "数据", "👩‍🔬", "\u200fمرحبا", "a" * 200])
def test_people_write_in_their_own_language(text: str) -> None:
    assert FormBody(title=text).title == text


def test_a_body_made_in_python_takes_pythons_own_values() -> None:
    opens = datetime(2026, 11, 23, tzinfo=UTC)

    assert FormBody(title="x", opens=opens, owner=UUID(int=1)).opens == opens


@pytest.mark.parametrize(("letters", "status"), [(20_000, 200), (20_001, 422)])
async def test_a_long_text_ends_at_its_limit_and_not_before(letters: int, status: int) -> None:
    answer = await send({"title": "t", "answers": [{"text": "é" * letters}]})

    assert answer.status_code == status
    if status == 422:
        assert [error["pointer"] for error in answer.json()["errors"]] == ["#/answers/0/text"]
