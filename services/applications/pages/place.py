"""Where the pages are, by which clock they tell times, and for how long what anyone may read is kept."""

from services.applications.models import Edition
from shared import clock
from shared.errors import Invalid
from shared.web import Page

PREFIX = ""
"""The root: what no other service has is ours."""

KEPT_SECONDS = 60
"""For how long a browser, or a cache on the way, may show a public page as it was."""


def in_zone(page: Page, zone: str) -> Page:
    """Times as the city's clocks show them; in UTC for a zone that this machine's data does not have."""
    try:
        return page.in_zone(clock.zone_named(zone))
    except Invalid:
        return page


def of_edition(page: Page, edition: Edition | None) -> Page:
    return in_zone(page, edition.zone) if edition else page


def result_of(page: Page) -> str:
    """Where selection tells a team its result."""
    return page.site.elsewhere("selection", f"/jury/{page.language}/result")


def letters_of(page: Page) -> str:
    """Where staff read letters to many before they go: with notifications."""
    return page.site.elsewhere("notifications", f"/monitor/{page.language}/letters")
