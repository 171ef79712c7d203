"""What a call asks; a version never changes, so it is read once and kept at hand."""

from uuid import UUID

from services.applications.domain import forms
from services.applications.domain.forms import Form
from services.applications.models import Call, CallForm
from shared.work import Work

_AT_HAND: dict[UUID, Form] = {}
_MOST_AT_HAND = 200


async def form_set(work: Work, call: Call) -> CallForm | None:
    """The version that counts, as it was set."""
    return None if call.form_id is None else await work.session.get_one(CallForm, call.form_id)


async def form_in_force(work: Work, call: Call) -> Form | None:
    """What is to be answered; None if answers are free. Costs no round trip but the first time: everybody hands in at
    once in the last hour.
    """
    if call.form_id is None:
        return None
    known = _AT_HAND.get(call.form_id)
    if known is None:
        found = await work.session.get_one(CallForm, call.form_id)
        known = forms.read(found.definition)
        if len(_AT_HAND) >= _MOST_AT_HAND:
            _AT_HAND.pop(next(iter(_AT_HAND)))
        _AT_HAND[call.form_id] = known
    return known
