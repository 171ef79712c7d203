"""What was refused, told on the page that asked for it: in the reader's language where there are words for it."""

from typing import Any

from shared.errors import BadRequest, Conflict, DomainError, Forbidden, Invalid, StaleVersion
from shared.web import Page
from shared.web.refusing import refusal_said

TOLD_HERE = (BadRequest, Conflict, Forbidden, Invalid, StaleVersion)
"""Refusals after which one is still where one was, and can do it otherwise; whatever is not there is another page."""


def told(page: Page, refusal: DomainError) -> dict[str, Any]:
    """For `refusal_of` in parts.html."""
    return {"said": refusal_said(page, refusal), "errors": refusal.errors}
