"""Staff say what a call asks."""

from services.applications import repository, schedules
from services.applications.commands import SetForm
from services.applications.domain import form_checks, forms, loosening
from services.applications.domain.calls import CallStatus
from services.applications.domain.forms import Form
from services.applications.models import Call, CallForm
from shared.errors import PreconditionRequired, StaleVersion
from shared.events import applications as events
from shared.work import Work


async def set_form(command: SetForm, work: Work) -> CallForm:
    """A first form, or the next version of it; once the call is open only such as asks nobody for more."""
    call = await repository.call(work, command.call_id)
    before = await repository.form_set(work, call)
    _require_read(before, command.version)
    if call.status != CallStatus.ANNOUNCED or call.last_deadline_at < work.now:
        raise loosening.FormSettled

    form = forms.read(command.definition)
    form_checks.check(form)
    opens = schedules.opening_of(call)
    if opens.has_passed(work.now):
        if before is None:
            raise loosening.FormTooLate(opened=opens, now=work.now)
        loosening.require_loosened(forms.read(before.definition), form, opened=opens, now=work.now)
    return keep_form(form, call, work, number=before.number + 1 if before else 1)


def keep_form(form: Form, call: Call, work: Work, *, number: int) -> CallForm:
    """From now on this is what the call asks."""
    definition = forms.written(form)
    kept = CallForm(
        call_id=call.id, number=number, definition=definition, digest=forms.digest(definition), set_at=work.now
    )
    work.session.add(kept)
    call.form_id = kept.id

    work.publish(
        events.CallFormSet(
            call_id=call.id,
            edition_id=call.edition_id,
            form_version=kept.number,
            form_digest=kept.digest,
            field_ids=[field.id for field in form.fields],
            sections=[events.Section.model_validate(each) for each in forms.words_of(form)],
        )
    )
    return kept


def _require_read(before: CallForm | None, wanted: int | None) -> None:
    """Whoever sets a form has read the one there is; whoever thinks that there is none names none."""
    if before is None:
        if wanted is not None:
            raise StaleVersion
    elif wanted is None:
        raise PreconditionRequired
    else:
        repository.require_version(before.number, wanted)
