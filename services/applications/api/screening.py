"""Routes of screening: who may take part, what is found of each file, requests for more, decisions, and telling all."""

from uuid import UUID

from fastapi import Response

from services.applications import views
from services.applications.api.answers.applications import StandingView
from services.applications.api.answers.programme import DeadlineView
from services.applications.api.answers.screening import (
    AnsweredView,
    EligibilityView,
    RequestsView,
    RequestView,
    ScreeningFileView,
    ScreeningPublishedView,
)
from services.applications.api.screening_bodies import (
    AdmitApplicationBody,
    DeclineApplicationBody,
    EligibilityBody,
    RequestInformationBody,
)
from services.applications.api.versions import IfMatchAtWill
from services.applications.commands import (
    AdmitApplication,
    AnswerRequest,
    DeclineApplication,
    EndRequest,
    RequestInformation,
    SetEligibility,
)
from services.applications.handlers import eligibility, requests
from services.applications.handlers import screening as handlers
from services.applications.models import Application
from services.applications.permissions import PERMISSIONS
from shared.http import ReceiptsDep, WorkDep, does, service_router, set_etag

router = service_router("/api/applications/v1", permissions=PERMISSIONS, tags=["screening"])


@router.get("/calls/{call_id}/eligibility", **does("read_calls"))
async def read_eligibility(call_id: UUID, work: WorkDep, response: Response) -> EligibilityView:
    """Who may take part, as rules and in words; 404 if the call has no such rules."""
    found = await views.eligibility_of_call(work, call_id)
    set_etag(response, found.number)
    return EligibilityView.of(found)


@router.put("/calls/{call_id}/eligibility", **does("set_eligibility"))
async def set_eligibility(
    call_id: UUID, body: EligibilityBody, version: IfMatchAtWill, work: WorkDep, response: Response
) -> EligibilityView:
    """Set who may take part, whole, before the call opens; with If-Match if there are rules already.

    What the rules find is told to the person who decides. No rule admits or declines anybody.
    """
    found = await eligibility.set_eligibility(
        SetEligibility(call_id=call_id, version=version, rules=body.as_rules()), work
    )
    await work.session.flush()
    set_etag(response, found.number)
    return EligibilityView.of(found)


@router.get("/applications/{application_id}/screening", **does("screen_application"))
async def read_screening(application_id: UUID, work: WorkDep, response: Response) -> ScreeningFileView:
    """What the rules find of the file, what was asked, and what a person decided."""
    found = await views.screening_file(work, application_id)
    set_etag(response, found.application.version)
    return ScreeningFileView.of(found, now=work.now)


@router.post("/applications/{application_id}/admit", **does("screen_application"))
async def admit_application(
    application_id: UUID, work: WorkDep, response: Response, body: AdmitApplicationBody | None = None
) -> StandingView:
    """Find the file eligible: the jury may read it. The team is told when the screening is published."""
    body = body or AdmitApplicationBody()
    command = AdmitApplication(
        application_id=application_id, because=body.because, findings_digest=body.findings_digest
    )
    return await _standing(await handlers.admit_application(command, work), work, response)


@router.post("/applications/{application_id}/decline", **does("screen_application"))
async def decline_application(
    application_id: UUID, body: DeclineApplicationBody, work: WorkDep, response: Response
) -> StandingView:
    """Find the file not eligible, with reasons and words to the applicant, told when the screening is published."""
    command = DeclineApplication(
        application_id=application_id,
        reasons=body.reasons,
        words=body.words,
        findings_digest=body.findings_digest,
    )
    return await _standing(await handlers.decline_application(command, work), work, response)


@router.post("/calls/{call_id}/screening/publish", **does("publish_screening"))
async def publish_screening(call_id: UUID, work: WorkDep) -> ScreeningPublishedView:
    """Tell all teams of the call, by one act, what was found of their files."""
    return ScreeningPublishedView.of(await handlers.publish_screening(call_id, work))


@router.get("/applications/{application_id}/requests", **does("read_requests"))
async def list_requests(application_id: UUID, work: WorkDep) -> RequestsView:
    """What the team was asked for after the call, newest first; for the team and for staff."""
    rows = await views.requests_of(work, application_id)
    return RequestsView(application_id=application_id, requests=[RequestView.of(row, now=work.now) for row in rows])


@router.post("/applications/{application_id}/requests", status_code=201, **does("screen_application"))
async def request_information(application_id: UUID, body: RequestInformationBody, work: WorkDep) -> RequestView:
    """Ask the team for more; only what is named opens again, until then. No answer has no consequence by itself."""
    command = RequestInformation(
        application_id=application_id, fields=body.fields, until=body.until.as_wall(), words=body.words
    )
    row = await requests.request_information(command, work)
    await work.session.flush()
    return RequestView.of(row, now=work.now)


@router.post("/applications/{application_id}/requests/{request_id}/answer", **does("submit_application"))
async def answer_request(
    application_id: UUID,
    request_id: UUID,
    version: IfMatchAtWill,
    work: WorkDep,
    receipts: ReceiptsDep,
    response: Response,
) -> AnsweredView:
    """Hand in what was asked for, as the draft says it now: the revision that counts from now on."""
    command = AnswerRequest(application_id=application_id, request_id=request_id, version=version)
    application, revision, row = await requests.answer_request(command, work)
    await work.session.flush()
    set_etag(response, application.version)
    return AnsweredView(
        application_id=application.id,
        request_id=row.id,
        version=application.version,
        revision=revision.number,
        dossier_digest=revision.digest,
        submitted_at=revision.submitted_at,
        until=DeadlineView.of(views.asked_of(row).until),
        receipt=receipts.of_last(),
    )


@router.post("/applications/{application_id}/requests/{request_id}/end", **does("screen_application"))
async def end_request(application_id: UUID, request_id: UUID, work: WorkDep) -> RequestView:
    """Take a request back."""
    row = await requests.end_request(EndRequest(application_id=application_id, request_id=request_id), work)
    await work.session.flush()
    return RequestView.of(row, now=work.now)


async def _standing(application: Application, work: WorkDep, response: Response) -> StandingView:
    await work.session.flush()
    set_etag(response, application.version)
    return StandingView.of(application, to_team=False)
