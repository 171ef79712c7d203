"""Reads again what a request changed, and shows it."""

from uuid import UUID

from fastapi import Response

from services.applications import repository
from services.applications.api.answers.programme import CallView
from shared.http import WorkDep, set_etag


async def call_shown(call_id: UUID, work: WorkDep, response: Response) -> CallView:
    await work.session.flush()
    schedule = await repository.schedule(work, call_id, hold=False)
    set_etag(response, schedule.call.version)
    return CallView.of(schedule, offered=await repository.offered(work, call_id), now=work.now)
