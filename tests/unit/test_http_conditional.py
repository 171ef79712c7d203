"""Nobody overwrites what they have not read."""

import pytest

from shared.http import etag
from tests.support.issuer import FakeIssuer
from tests.support.sample_service import PREFIX, calling, sample_app

ISSUER = FakeIssuer()
NOTE = f"{PREFIX}/notes/7f1b2f5c-3c0e-4c5e-9a53-0d6f0a2b9c11"


def test_an_etag_is_strong_and_quoted() -> None:
    assert etag(3) == '"3"'


async def test_reading_answers_the_etag() -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.get(f"{PREFIX}/numbers/1")

    assert answer.headers["etag"] == '"3"'


@pytest.mark.parametrize(
    ("value", "status", "slug"),
    [
        (None, 428, "if-match-required"),
        ('W/"3"', 412, "weak-if-match"),
        ("*", 400, "any-if-match"),
        ("3", 400, "malformed-if-match"),
        ('"three"', 400, "malformed-if-match"),
        ('"03"', 400, "malformed-if-match"),
        ('"-1"', 400, "malformed-if-match"),
        ('"3", "4"', 400, "malformed-if-match"),
        ('"9999999999999999999"', 400, "malformed-if-match"),
        ("", 400, "malformed-if-match"),
    ],
)
async def test_what_names_no_version_is_refused(value: str | None, status: int, slug: str) -> None:
    headers = ISSUER.bearer("writer") | ({"If-Match": value} if value is not None else {})
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.patch(NOTE, json={"title": "x"}, headers=headers)

    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, slug)


async def test_the_version_read_reaches_the_route() -> None:
    headers = {**ISSUER.bearer("writer"), "If-Match": '"3"'}
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.patch(NOTE, json={"title": "x"}, headers=headers)

    assert (answer.status_code, answer.json()["version"]) == (200, 4)
