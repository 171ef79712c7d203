"""Where pages send a browser: after signing in within themselves, whatever was asked; by links to other services."""

import pytest

from services.applications.pages import site
from shared.web.signing_in import own_place
from tests.support.apps import settings_for


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


def test_other_services_pages_are_at_the_same_origin_unless_it_is_said_where() -> None:
    settings = settings_for("applications")
    apart = settings.model_copy(update={"pages_origins": {"selection": "http://127.0.0.1:7001/"}})

    assert site(settings).elsewhere("selection", "/jury/fr/result") == "/jury/fr/result"
    assert site(apart).elsewhere("selection", "/jury/fr/result") == "http://127.0.0.1:7001/jury/fr/result"
    assert site(apart).elsewhere("notifications", "/monitor/fr") == "/monitor/fr"
