"""How much of a form an application has answered, what it lacks, and what of it no longer changes."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID

from services.applications.domain import counting
from services.applications.domain.answers import as_number
from services.applications.domain.applications import Content
from services.applications.domain.forms import Condition, Field, Form, Kind, Limit, Unit
from shared.clock import Deadline, in_words
from shared.errors import Conflict, FieldError

CORE = ("title", "summary", "challenge_ids")
"""What every application says, whatever its call's form asks."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What keeps an application from being handed in; `facts` are for those who say it in another language."""

    pointer: str
    field: str
    code: str
    detail: str
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def as_error(self) -> FieldError:
        return FieldError(pointer=self.pointer, detail=self.detail, code=self.code)


@dataclass(frozen=True, kw_only=True)
class Completeness:
    """How far it is: `done` of the `of` things that are required; what is missing, and what is there and not right."""

    done: int
    of: int
    missing: tuple[Finding, ...] = ()
    problems: tuple[Finding, ...] = ()
    not_asked: tuple[str, ...] = ()
    """Answers that are kept in the draft and not handed in, as another answer makes that they aren't asked."""

    @property
    def complete(self) -> bool:
        return not (self.missing or self.problems)

    @property
    def lacking(self) -> list[FieldError]:
        return [finding.as_error() for finding in (*self.missing, *self.problems)]


class FieldFrozen(Conflict):
    slug = "field-frozen"

    def __init__(self, frozen: Mapping[str, Deadline], *, now: datetime) -> None:
        said = "; ".join(f"{id_} until {in_words(moment)}" for id_, moment in frozen.items())
        super().__init__(
            f"These answers could be changed until a time that has passed: {said}. Our clock said "
            f"{now:%Y-%m-%d %H:%M:%S} UTC when your request arrived. Put them back as they were, and save the rest.",
            errors=[
                FieldError(pointer=f"#/answers/{id_}", detail=f"frozen since {in_words(moment)}", code="frozen")
                for id_, moment in frozen.items()
            ],
            now=now,
        )


def completeness(form: Form | None, content: Content, at: datetime) -> Completeness:
    """What the application lacks to be handed in at an instant. Without a form answers are free."""
    missing = [_as_finding(error) for error in content.missing()]
    problems = [_as_finding(error) for error in content.too_long()]
    fields = asked(form, content.answers) if form else []
    required = {each.id for each in fields if each.is_required(at)}
    for each in fields:
        answer = content.answers.get(each.id, "").strip()
        if answer:
            problems += _problems(each, answer, content)
        elif each.id in required:
            missing.append(_unanswered(each, at))
    known = {each.id for each in form.fields} if form else set(content.answers)
    problems += [_stranger(id_) for id_ in content.answers if id_ not in known]
    of = len(CORE) + len(required)
    return Completeness(
        done=of - len(missing) - len((required | set(CORE)) & {finding.field for finding in problems}),
        of=of,
        missing=tuple(missing),
        problems=tuple(problems),
        not_asked=tuple(sorted(content.answers.keys() & known - {each.id for each in fields})) if form else (),
    )


def asked(form: Form, answers: Mapping[str, str]) -> list[Field]:
    """The fields that are asked of who answered so far like this, in order."""
    shown: dict[str, Field] = {}
    for each in form.fields:
        if each.only_if is None or _holds(each.only_if, shown, answers):
            shown[each.id] = each
    return list(shown.values())


def handed_in(form: Form | None, content: Content) -> Content:
    """What of a draft is handed in: answers to what is asked. The draft keeps the others."""
    if form is None:
        return content
    hidden = {each.id for each in form.fields} - {each.id for each in asked(form, content.answers)}
    return replace(content, answers={id_: text for id_, text in content.answers.items() if id_ not in hidden})


def require_unfrozen(form: Form | None, *, before: Mapping[str, str], after: Mapping[str, str], now: datetime) -> None:
    """Raises FieldFrozen if an answer changes whose time is over."""
    frozen = {
        each.id: each.frozen_after
        for each in (form.fields if form else ())
        if each.frozen_after and each.is_frozen(now) and before.get(each.id, "") != after.get(each.id, "")
    }
    if frozen:
        raise FieldFrozen(frozen, now=now)


def counted(limit: Limit, text: str) -> int:
    """How much of a limit a text takes."""
    return counting.words(text) if limit.unit is Unit.WORDS else counting.characters(text.strip())


def chosen(of: Field, answer: str) -> list[str]:
    return [each.strip() for each in answer.split(",") if each.strip()] if of.kind is Kind.CHOICES else [answer.strip()]


def _holds(condition: Condition, shown: Mapping[str, Field], answers: Mapping[str, str]) -> bool:
    """What is not asked decides nothing, whatever was answered before it was hidden."""
    decides = shown.get(condition.field)
    return decides is not None and not set(chosen(decides, answers.get(decides.id, ""))).isdisjoint(condition.among)


def _as_finding(error: FieldError) -> Finding:
    name = error.pointer.rpartition("/")[2]
    return Finding(pointer=error.pointer, field=name, code=error.code, detail=error.detail)


def _unanswered(of: Field, at: datetime) -> Finding:
    if of.frozen_after and of.is_frozen(at):
        detail, code = f"Could be answered until {in_words(of.frozen_after)}.", "missing_and_frozen"
        return _finding(of, code, detail, until=of.frozen_after.instant)
    return _finding(of, "missing", "Answer this.")


def _stranger(id_: str) -> Finding:
    detail = "The form has no such field. Take this answer out, or move it to another field."
    return Finding(pointer=f"#/answers/{id_}", field=id_, code="not_in_form", detail=detail)


def _problems(of: Field, answer: str, content: Content) -> Iterator[Finding]:
    if of.limit is not None:
        count, unit = counted(of.limit, answer), of.limit.unit.value
        facts = {"unit": unit, "counted": count, "most": of.limit.most, "least": of.limit.least}
        if count > of.limit.most:
            yield _finding(of, "too_long", f"Has {count} {unit}, and may have {of.limit.most}. Shorten it.", **facts)
        if count < of.limit.least:
            yield _finding(of, "too_short", f"Has {count} {unit}, and needs {of.limit.least}. Say more.", **facts)
    match of.kind:
        case Kind.CHOICE | Kind.YES_NO | Kind.CHOICES:
            picked = chosen(of, answer)
            if not set(picked) <= set(of.values) or len(set(picked)) < len(picked):
                yield _finding(of, "not_an_option", f"Choose among {', '.join(of.values)}.", options=of.values)
        case Kind.NUMBER if as_number(answer) is None:
            yield _finding(of, "not_a_number", "Give a number, such as 1500 or 2,5.")
        case Kind.DATE if not _is_date(answer):
            yield _finding(of, "not_a_date", "Give a date as year-month-day, such as 2027-02-28.")
        case Kind.LINK if not _is_link(answer):
            yield _finding(of, "not_a_link", "Give a whole address that begins with https:// or http://.")
        case Kind.FILE if not _is_attached(answer, content):
            yield _finding(of, "not_attached", "Name files that are attached to this draft, by their ids.")


def _finding(of: Field, code: str, detail: str, **facts: object) -> Finding:
    return Finding(pointer=f"#/answers/{of.id}", field=of.id, code=code, detail=detail, facts=facts)


def _is_date(answer: str) -> bool:
    try:
        return date.fromisoformat(answer).isoformat() == answer
    except ValueError:
        return False


def _is_link(answer: str) -> bool:
    try:
        parts = urlsplit(answer)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not any(map(str.isspace, answer))
    except ValueError:
        return False


def _is_attached(answer: str, content: Content) -> bool:
    try:
        return {UUID(each.strip()) for each in answer.split(",") if each.strip()} <= content.attachment_ids
    except ValueError:
        return False
