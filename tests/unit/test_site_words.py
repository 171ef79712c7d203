"""Every word of the public site and the founders' pages is there in each language, and none is idle."""

from services.applications.domain.calls import Phase
from services.applications.pages import NAVIGATION
from services.applications.pages.call import POLICY
from services.applications.permissions import PERMISSIONS
from tests.support.words import ROOT, Tables

TABLES = Tables(
    ROOT / "services" / "applications" / "pages",
    {
        "nav.": tuple(NAVIGATION),
        "phase.": tuple(Phase),
        "policy.": POLICY,
        "axis.": tuple(f"{axis}.{part}" for axis in ("raise", "build", "engage") for part in ("name", "what")),
        "path.": tuple(
            f"{step}.{part}"
            for step in ("apply", "screen", "review", "results", "incubate", "try")
            for part in ("name", "what")
        ),
    },
)


def test_words_are_whole_in_each_language() -> None:
    assert TABLES.complaints() == {}


def test_every_page_of_the_navigation_is_an_action_of_the_table() -> None:
    assert all(action in PERMISSIONS for action in NAVIGATION.values())
