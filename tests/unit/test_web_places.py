"""Where pages send a browser after signing in: within themselves, whatever the address asked for."""

import pytest

from shared.web.signing_in import own_place


@pytest.mark.parametrize("wanted", ["/fr/files?x=1", "/ar", "/"])
def test_at_the_root_every_place_of_the_origin_is_one_of_its_own(wanted: str) -> None:
    assert own_place(wanted, "") == wanted


@pytest.mark.parametrize(
    "wanted",
    [None, "", "//evil.example", "///evil.example", "////evil.example/x", "/\\evil.example", "\\\\evil.example",
     "https://evil.example/", "javascript:alert(1)", "http://[", "/x\n/y", "fr/files"],
)  # fmt: skip
def test_at_the_root_nobody_is_sent_elsewhere(wanted: str | None) -> None:
    assert own_place(wanted, "") == "/"


@pytest.mark.parametrize("wanted", ["/monitored", "/fr/files", "//evil.example/monitor/", "///monitor/x", None])
def test_below_a_prefix_nothing_outside_is_a_place_to_be(wanted: str | None) -> None:
    assert own_place(wanted, "/monitor") == "/monitor"
    assert own_place("/monitor/en/health?x=1", "/monitor") == "/monitor/en/health?x=1"
