"""A team writes its draft: every save is kept at once, and two who write at the same time lose no word.

A save names the version that its writer began with. Nothing is published: that a draft was saved is nobody's business.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified

from services.applications import repository
from services.applications.commands import RestoreVersion, SaveDraft
from services.applications.contents import fields_of_draft, of_draft
from services.applications.domain import applications, drafts, versions
from services.applications.domain.completeness import Completeness, completeness, require_unfrozen
from services.applications.domain.drafts import ANSWERS, Outcome, Saving, Settled, Value
from services.applications.domain.forms import Form, Kind
from services.applications.domain.requests import Asked
from services.applications.domain.teams import relations_of
from services.applications.domain.versions import EXACT_FOR, SITTING, Version
from services.applications.handlers.applications import require_open_for
from services.applications.models import Application, Call
from services.applications.permissions import authorise, person_id
from services.applications.repository import Writing
from shared.differences import merged
from shared.errors import StaleVersion
from shared.identity import Resource
from shared.work import Work


async def save_draft(command: SaveDraft, work: Work) -> Saving:
    """Keep what a member wrote, joined with what others wrote since the version that it began with."""
    writing, asked = await _writable(command.application_id, work)
    application = writing.application
    if command.alone:
        repository.require_version(application.version, command.base)
    if command.base > application.version:
        raise StaleVersion

    says = fields_of_draft(application)
    gone = {name for name in says if name.startswith(ANSWERS)} if command.all_answers else set()
    wanted: dict[str, Value] = dict.fromkeys(gone) | {name: value or None for name, value in command.changes.items()}
    began_before = command.base < application.version
    since = await repository.since(work, application.id, base=command.base, pen=command.pen) if began_before else {}
    met = {name for name in wanted if name in since}
    bases = await repository.fields_at(work, application.id, base=command.base, fields=met) if met else {}

    settled = []
    for name, value in wanted.items():
        found = since.get(name)
        base = says.get(name) if found is None else found.sent if found.is_own else bases.get(name)
        settled.append(
            drafts.settle(
                name,
                base=base,
                mine=value,
                theirs=says.get(name),
                merge=lambda base, mine, theirs: merged(base, mine=mine, theirs=theirs),
                other=found.other if found else None,
            )
        )
    number, lacks = await _keep(application, writing.schedule.call, settled, command.pen, work, asked=asked)
    waits = any(each.outcome is Outcome.KEPT_ASIDE for each in settled)
    return Saving(
        number=number,
        base=command.base if waits else number,
        saved_at=application.updated_at,
        settled=settled,
        completeness=lacks,
        others={name: (says.get(name), f.other) for name, f in since.items() if f.other and name not in wanted},
    )


async def restore_version(command: RestoreVersion, work: Work) -> Saving:
    """Let the draft say again what it said at a version; what it says now stays a version too."""
    writing, asked = await _writable(command.application_id, work)
    application = writing.application
    saves = await repository.saves_of(work, application.id, until=command.number)
    if not saves or saves[-1].number != command.number:
        raise drafts.NoSuchVersion

    says, said = fields_of_draft(application), versions.content_at(saves)
    settled = [
        Settled(field=name, outcome=Outcome.SAVED, value=said.get(name), yours=said.get(name))
        for name in sorted(says.keys() | said.keys())
    ]
    number, lacks = await _keep(
        application, writing.schedule.call, settled, None, work, asked=asked, restored=command.number
    )
    return Saving(number=number, base=number, saved_at=application.updated_at, settled=settled, completeness=lacks)


async def keep_answer(application: Application, call: Call, field: str, answer: str, work: Work) -> None:
    """Change an answer of a draft that is held already, as one of its versions."""
    settled = Settled(field=f"{ANSWERS}{field}", outcome=Outcome.SAVED, value=answer or None, yours=answer or None)
    await _keep(application, call, [settled], None, work, asked=None)


async def thin_versions(work: Work) -> UUID | None:
    """Join the old saves of one draft to a version for each sitting; None if there is none to thin."""
    exact_since = work.now - EXACT_FOR
    application_id = await repository.draft_to_thin(work, saved_before=exact_since - SITTING)
    if application_id is None:
        return None
    saves = await repository.saves_of(work, application_id)
    kept = versions.thinned(saves, now=work.now)
    dropped = {save.number for save in saves} - {version.number for version in kept}
    await repository.keep_thinned(work, application_id, kept=kept, dropped=dropped, settled_before=exact_since)
    return application_id


async def _writable(application_id: UUID, work: Work) -> tuple[Writing, Asked | None]:
    """A draft that its team may write in, and what alone of it if its call is over."""
    writing = await repository.writing(work, application_id, by=person_id(work.actor))
    leads = writing.application.lead_id == person_id(work.actor)
    authorise(work.actor, "change_application", Resource(relations_of(writing.role, leads=leads)))
    applications.require_writable(writing.application.status)
    return writing, await require_open_for(writing.application, writing.schedule, work)


async def _keep(
    application: Application,
    call: Call,
    settled: Sequence[Settled],
    pen: UUID | None,
    work: Work,
    *,
    asked: Asked | None,
    restored: int | None = None,
) -> tuple[int, Completeness]:
    """Write what changed into the draft, and as a version beside it; its version from now on, and what it lacks."""
    form = await repository.form_in_force(work, call)
    says = fields_of_draft(application)
    changes = {each.field: each.value for each in settled if each.value != says.get(each.field)}
    aside = {each.field: each.yours for each in settled if each.is_apart}
    if not changes and not aside:
        return application.version, await _lacks(application, form, work)
    answered = dict(application.answers)
    _apply(application, changes)
    if asked:
        asked.require_asked(changes)  # what was asked for is open, also if its own time is over
    else:
        require_unfrozen(form, before=answered, after=application.answers, now=work.now)
    offered = await repository.offered(work, application.call_id) if "challenge_ids" in changes else None
    applications.check_content(of_draft(application, ()), offered=offered)
    application.updated_at = work.now
    flag_modified(application, "updated_at")  # a new version, also if the clock stands still or all was kept aside

    number = application.version + 1
    version = Version(
        number=number,
        author_id=person_id(work.actor),
        pen=pen,
        since=work.now,
        saved_at=work.now,
        changes=changes,
        aside=aside,
        restored=restored,
    )
    work.session.add(repository.as_row(application.id, version))
    return number, await _lacks(application, form, work)


async def _lacks(application: Application, form: Form | None, work: Work) -> Completeness:
    """What keeps the draft from being handed in; its files are looked up only if the form asks for one."""
    asks_for_files = form is not None and any(each.kind is Kind.FILE for each in form.fields)
    attachments = await repository.draft_attachments(work, application.id) if asks_for_files else ()
    return completeness(form, of_draft(application, attachments), work.now)


def _apply(application: Application, changes: Mapping[str, Value]) -> None:
    answers = dict(application.answers)
    for name, value in changes.items():
        if name.startswith(ANSWERS):
            answers.pop(name.removeprefix(ANSWERS), None)
            if isinstance(value, str):
                answers[name.removeprefix(ANSWERS)] = value
        elif name == "challenge_ids":
            application.challenge_ids = [UUID(id_) for id_ in value or ()]
        else:
            setattr(application, name, value)
    if answers != application.answers:
        application.answers = answers
