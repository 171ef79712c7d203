"""An application as CommonGrants 0.3 has it (`ApplicationBase`), and a draft out of one.

https://commongrants.org/protocol/models/application: which of our facts fit into which of its fields is told in
docs/common-grants.md. What it has no field for goes into its `customFields`.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid5

from services.applications.domain.applications import Status
from services.applications.lines import Exported

STATUSES: Mapping[str, tuple[str, str]] = {
    Status.DRAFT: ("inProgress", "The team is writing."),
    Status.SUBMITTED: ("submitted", "The team has handed it in."),
    Status.ADMITTED: ("submitted", "The jury may read it."),
    Status.SELECTED: ("accepted", "It was selected."),
    Status.DECLINED: ("rejected", "It was found not eligible."),
    Status.NOT_SELECTED: ("rejected", "It was not selected."),
    Status.RESERVED: ("custom", "It is on the reserve list."),
    Status.WITHDRAWN: ("custom", "The team took it back."),
}
FORM = "application"
"""The key of the one form response that an application of ours has."""


def as_application(row: Exported) -> dict[str, Any]:
    """The whole of it, names as the protocol writes them."""
    application, revision = row
    said = {"title": revision.title, "summary": revision.summary, **revision.answers}
    response = {
        "id": str(uuid5(application.id, str(revision.number))),
        "applicationId": str(application.id),
        "formId": str(revision.form_id or application.call_id),
        "response": said,
        "status": {"value": "complete"},
        "validationErrors": [],
        "createdAt": _instant(revision.submitted_at),
        "lastModifiedAt": _instant(revision.submitted_at),
    }
    return {
        "id": str(application.id),
        "name": revision.title,
        "competitionId": str(application.call_id),
        "opportunityId": str(application.edition_id),
        "formResponses": {FORM: response},
        "status": status_of(application.status),
        "submittedAt": _instant(revision.submitted_at),
        "validationErrors": [],
        "customFields": {
            "startup": _custom("startup", "string", revision.startup),
            "challengeIds": _custom("challengeIds", "array", [str(id_) for id_ in revision.challenge_ids]),
            "revision": _custom("revision", "integer", revision.number),
            "dossierDigest": _custom("dossierDigest", "string", revision.digest),
            "attachments": _custom("attachments", "array", revision.attachments),
        },
        "createdAt": _instant(application.created_at),
        "lastModifiedAt": _instant(revision.submitted_at),
    }


def status_of(status: str) -> dict[str, str]:
    value, description = STATUSES[status]
    custom = {"customValue": status} if value == "custom" else {}
    return {"value": value, **custom, "description": description}


def as_line(application: Mapping[str, Any]) -> dict[str, Any]:
    """What a draft of ours takes from one: who applies is not in it, so the line names the team beside it."""
    said: dict[str, Any] = {}
    responses = application.get("formResponses")
    for each in responses.values() if isinstance(responses, dict) else ():
        response = each.get("response") if isinstance(each, dict) else None
        said |= response if isinstance(response, dict) else {}
    title = said.pop("title", None) or application.get("name")
    line = {
        "application_id": application.get("application_id"),
        "team_id": application.get("team_id"),
        "call_id": application.get("competitionId"),
        "title": title,
        "summary": said.pop("summary", None),
        "answers": said or None,
        "challenge_ids": _custom_value(application, "challengeIds"),
    }
    return {name: value for name, value in line.items() if value is not None}


def _custom(name: str, type_: str, value: object) -> dict[str, object]:
    return {"name": name, "fieldType": type_, "value": value}


def _custom_value(application: Mapping[str, Any], name: str) -> Any:
    fields = application.get("customFields")
    field = fields.get(name) if isinstance(fields, dict) else None
    return field.get("value") if isinstance(field, dict) else None


def _instant(at: Any) -> str:
    return str(at.isoformat()).replace("+00:00", "Z")
