"""The web kit: pages of a permission table in three languages, signed in through the issuer, complete without scripts.

site = Site("notifications", prefix="/monitor", folder=Path(__file__).parent, settings=settings)
router = page_router(site.prefix, permissions=PERMISSIONS)

@router.get("/{language}/events", **does("read_events"))
async def event_log(page: PageDep, work: WorkDep) -> Response:
    return page.show("event_log.html", entries=...)

site.attach(app)
"""

from shared.web.filling import Filled, filled_in
from shared.web.gate import page_router, token_of
from shared.web.languages import LANGUAGES, Language, negotiate
from shared.web.page import FORM, PAGE_CSP, Page, PageDep, external, fields_of, form_of
from shared.web.refusing import refusal_said
from shared.web.signing_in import ENTER, lost_router, own_place, sign_in_router
from shared.web.site import Site
from shared.web.speech import Speech, Words

__all__ = [
    "ENTER",
    "FORM",
    "LANGUAGES",
    "PAGE_CSP",
    "Filled",
    "Language",
    "Page",
    "PageDep",
    "Site",
    "Speech",
    "Words",
    "external",
    "fields_of",
    "filled_in",
    "form_of",
    "lost_router",
    "negotiate",
    "own_place",
    "page_router",
    "refusal_said",
    "sign_in_router",
    "token_of",
]
