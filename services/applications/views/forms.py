"""What a call asks, for anyone to read."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.applications import repository
from services.applications.domain import challenges, forms
from services.applications.domain.forms import Form
from services.applications.models import Call
from shared.work import Work


class SetForm(NamedTuple):
    """A version of a form, as it counts."""

    call_id: UUID
    number: int
    form: Form
    digest: str
    set_at: datetime


async def form_of_call(work: Work, call_id: UUID) -> SetForm | None:
    """None if the call asks freely. Raises NoSuchCall."""
    call = await work.session.get(Call, call_id)
    if call is None:
        raise challenges.NoSuchCall
    found = await repository.form_set(work, call)
    if found is None:
        return None
    return SetForm(call_id, found.number, forms.read(found.definition), found.digest, found.set_at)
