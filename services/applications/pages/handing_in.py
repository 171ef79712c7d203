"""Reading it all once more, handing it in, taking the receipt; and taking the application back."""

from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse, Response

from services.applications import views
from services.applications.commands import SubmitApplication
from services.applications.contents import fields_of_draft
from services.applications.domain.applications import ALLOWED, NoSuchApplication, Status, WrongStatus
from services.applications.handlers import applications as handlers
from services.applications.pages import asking
from services.applications.pages.place import PREFIX, of_edition
from services.applications.permissions import PERMISSIONS
from services.applications.views import public
from services.applications.views.receipts import told_of_revision
from shared.http import WorkDep, does
from shared.http.receipts import NoReceiptKey
from shared.receipts import receipt_for
from shared.settings import Settings
from shared.web import FORM, PageDep, form_of, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)


class HandInForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    version: int


@router.get("/{language}/files/{application_id}/preview", **does("change_application"))
async def preview(page: PageDep, work: WorkDep, application_id: UUID) -> Response:
    """What the jury would read, and what is still missing; here one hands in."""
    file = await views.file(work, application_id)
    if not file.is_own:
        raise NoSuchApplication
    application = file.application
    page = of_edition(page, await public.edition_of(work, application_id))
    made = asking.parts(
        page,
        await public.form_answered(work, application_id),
        fields_of_draft(application),
        challenges=await public.challenges_of_call(work, application.call_id),
        attachments=file.attachments,
        found=file.completeness,
        now=work.now,
    )
    return page.show(
        "preview.html",
        file=file,
        application=application,
        parts=made,
        lacks=asking.lacking(page, file.completeness, made) if file.completeness else [],
        opens=file.schedule.opens,
        is_open=file.may_hand_in(now=work.now),
        is_over=file.is_over(now=work.now),
    )


@router.post("/{language}/files/{application_id}/submit", **does("submit_application", accepts=[FORM]))
async def hand_in(request: Request, page: PageDep, work: WorkDep, application_id: UUID) -> Response:
    """What was previewed, and nothing that somebody changed since."""
    form = await form_of(request, HandInForm)
    await handlers.submit_application(SubmitApplication(application_id=application_id, version=form.version), work)
    return RedirectResponse(f"{page.root}/files/{application_id}?handed-in=1", status_code=303)


@router.get("/{language}/files/{application_id}/receipts/{number}", **does("submit_application"))
async def take_receipt(request: Request, work: WorkDep, application_id: UUID, number: int) -> Response:
    """The signed receipt of one revision, to keep."""
    settings: Settings = request.app.state.settings
    if settings.receipt_key is None:
        raise NoReceiptKey
    told = await told_of_revision(work, application_id, number)
    name = f"datacity-receipt-{str(application_id)[-8:]}-{number}.txt"
    return Response(
        receipt_for(told, settings.receipt_key.get_secret_value()),
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )


@router.get("/{language}/files/{application_id}/withdraw", **does("withdraw_application"))
async def ask_to_withdraw(page: PageDep, work: WorkDep, application_id: UUID) -> Response:
    file = await views.file(work, application_id)
    if not file.is_own:
        raise NoSuchApplication
    status = Status(file.application.status)
    if Status.WITHDRAWN not in ALLOWED[status]:
        raise WrongStatus(status, Status.WITHDRAWN)
    return page.show("withdraw.html", file=file, application=file.application)


@router.post("/{language}/files/{application_id}/withdraw", **does("withdraw_application", accepts=[FORM]))
async def withdraw(page: PageDep, work: WorkDep, application_id: UUID) -> Response:
    await handlers.withdraw_application(application_id, work)
    return RedirectResponse(f"{page.root}/files/{application_id}", status_code=303)
