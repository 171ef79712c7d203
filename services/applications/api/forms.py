"""Routes of a call's form: set by staff, read by anyone."""

from uuid import UUID

from fastapi import Response

from services.applications import views
from services.applications.api.answers.forms import FormView
from services.applications.api.versions import IfMatchAtWill
from services.applications.commands import SetForm
from services.applications.definitions import FormBody
from services.applications.domain.forms import NoForm
from services.applications.handlers import forms as handlers
from services.applications.permissions import PERMISSIONS
from shared.http import WorkDep, does, service_router, set_etag

router = service_router("/api/applications/v1", permissions=PERMISSIONS, tags=["programme"])


@router.get("/calls/{call_id}/form", **does("read_calls"))
async def read_form(call_id: UUID, work: WorkDep, response: Response) -> FormView:
    """What the call asks; 404 if its applications answer freely."""
    found = await views.form_of_call(work, call_id)
    if found is None:
        raise NoForm
    return _shown(found, response)


@router.put("/calls/{call_id}/form", **does("set_form"))
async def set_form(
    call_id: UUID, body: FormBody, version: IfMatchAtWill, work: WorkDep, response: Response
) -> FormView:
    """Set what the call asks, whole; with If-Match if there is a form already.

    Until the call opens anything may change. From then on words may, and less may be asked.
    """
    await handlers.set_form(SetForm(call_id=call_id, version=version, definition=body.as_definition()), work)
    await work.session.flush()
    found = await views.form_of_call(work, call_id)
    if found is None:
        raise NoForm
    return _shown(found, response)


def _shown(found: views.SetForm, response: Response) -> FormView:
    set_etag(response, found.number)
    return FormView.of(found)
