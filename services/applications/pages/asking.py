"""What a call's form asks, beside what a draft says: as templates show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from services.applications.domain.applications import LONGEST_TITLE
from services.applications.domain.completeness import CORE, Completeness, Finding, asked, counted
from services.applications.domain.drafts import ANSWERS, Met, Value
from services.applications.domain.forms import Field, Form, Kind, Limit, Unit
from services.applications.models import Attachment, Challenge
from services.applications.pages.telling import told
from shared.web import Page

TITLE = Limit(unit=Unit.CHARACTERS, most=LONGEST_TITLE)
"""What can be handed in of it; a draft keeps more."""

FEWEST_WISHES = 3
LONG = frozenset({Kind.LONG_TEXT})


@dataclass(frozen=True, kw_only=True)
class Choice:
    id: str
    label: Markup


@dataclass(frozen=True, kw_only=True)
class Theirs:
    """What the draft says where it met the reader's words, which stand in the field."""

    value: str
    by: Markup
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One field: what it asks, what is answered, and what is not right with that."""

    name: str
    """As it is sent: `title`, `answers/problem`."""
    kind: str
    label: Markup
    help: Markup | None = None
    values: Sequence[str] = ()
    options: Sequence[Choice] = ()
    limit: Limit | None = None
    count: int = 0
    needed: bool = False
    frozen: bool = False
    hidden: bool = False
    """Another answer makes that it is not asked; a script shows it as soon as that answer changes."""
    decided_by: str | None = None
    decided_for: Sequence[str] = ()
    wrong: Sequence[Markup] = ()
    theirs: Theirs | None = None

    @property
    def id(self) -> str:
        return self.name.replace("/", "-")

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def over(self) -> bool:
        return self.limit is not None and self.count > self.limit.most


@dataclass(frozen=True, kw_only=True)
class Part:
    """A section of the form."""

    id: str
    title: Markup
    help: Markup | None
    fields: Sequence[Asked]


def parts(
    page: Page,
    form: Form | None,
    says: Mapping[str, Value],
    *,
    challenges: Sequence[Challenge],
    attachments: Sequence[Attachment],
    found: Completeness | None,
    now: datetime,
) -> list[Part]:
    """The form with the draft in it: first what every application says, then what the call asks."""
    wrong = _by_name(page, found)
    core = Part(id="core", title=page.speech.t("write.core"), help=None, fields=_core(page, says, challenges))
    made = [core, *(_sections(page, form, says, attachments, now) if form else _free(page, says))]
    return [
        replace(part, fields=[replace(each, wrong=wrong.get(each.name, ())) for each in part.fields]) for part in made
    ]


def lacking(page: Page, found: Completeness, made: Sequence[Part]) -> list[tuple[Asked | None, Markup]]:
    """Each thing that keeps it from being handed in, with the field it is about."""
    by_name = {each.name: each for part in made for each in part.fields}
    return [
        (by_name.get(name_of(finding)), finding_said(page, finding)) for finding in (*found.missing, *found.problems)
    ]


def name_of(finding: Finding) -> str:
    return finding.pointer.removeprefix("#/")


def finding_said(page: Page, finding: Finding) -> Markup:
    unit = finding.facts.get("unit")
    apart = f".{unit}" if unit else ".at_all" if finding.code == "too_long" else ""
    facts = {name: _fact(page, fact) for name, fact in finding.facts.items()}
    return page.speech.t(f"lacks.{finding.code}{apart}", **facts)


def _fact(page: Page, fact: object) -> object:
    match fact:
        case datetime():
            return page.speech.moment(fact)
        case int():
            return page.speech.number(fact)
        case _:
            return fact


def names_of_fields(page: Page, form: Form | None) -> dict[str, Markup]:
    """How each field is called; what the form no longer has goes by its own id."""
    core = {name: page.speech.t(f"field.{name}") for name in CORE}
    return core | {f"{ANSWERS}{each.id}": told(page, each.label) for each in (form.fields if form else ())}


def _by_name(page: Page, found: Completeness | None) -> dict[str, list[Markup]]:
    said: dict[str, list[Markup]] = {}
    for finding in found.problems if found else ():
        said.setdefault(name_of(finding), []).append(finding_said(page, finding))
    return said


def _core(page: Page, says: Mapping[str, Value], challenges: Sequence[Challenge]) -> list[Asked]:
    t = page.speech.t
    title, summary, wishes = _text(says, "title"), _text(says, "summary"), says.get("challenge_ids") or []
    offered = [Choice(id=str(each.id), label=told(page, each.title)) for each in challenges]
    return [
        Asked(
            name="title",
            kind=Kind.TEXT,
            label=t("field.title"),
            help=t("write.title_help"),
            values=[title],
            limit=TITLE,
            count=counted(TITLE, title),
            needed=True,
        ),
        Asked(
            name="summary",
            kind=Kind.LONG_TEXT,
            label=t("field.summary"),
            help=t("write.summary_help"),
            values=[summary],
            needed=True,
        ),
        Asked(
            name="challenge_ids",
            kind="wishes",
            label=t("field.challenge_ids"),
            help=t("write.challenges_help"),
            values=list(wishes) if isinstance(wishes, list) else [],
            options=offered,
            needed=True,
        ),
    ]


def wishes_shown(of: Asked) -> int:
    """So many can be named at once; one more than are named."""
    return min(len(of.options), max(FEWEST_WISHES, len(of.values) + 1))


def _sections(
    page: Page, form: Form, says: Mapping[str, Value], attachments: Sequence[Attachment], now: datetime
) -> list[Part]:
    answers = {name.removeprefix(ANSWERS): str(value) for name, value in says.items() if name.startswith(ANSWERS)}
    shown = {each.id for each in asked(form, answers)}
    return [
        Part(
            id=section.id,
            title=told(page, section.title),
            help=told(page, section.help) if section.help else None,
            fields=[
                _field(page, each, answers.get(each.id, ""), attachments, hidden=each.id not in shown, now=now)
                for each in section.fields
            ],
        )
        for section in form.sections
    ]


def _field(
    page: Page, field: Field, answer: str, attachments: Sequence[Attachment], *, hidden: bool, now: datetime
) -> Asked:
    many = field.kind in {Kind.CHOICES, Kind.FILE}
    return Asked(
        name=f"{ANSWERS}{field.id}",
        kind=field.kind,
        label=told(page, field.label),
        help=told(page, field.help) if field.help else None,
        values=[each.strip() for each in answer.split(",") if each.strip()] if many else [answer] if answer else [],
        options=_options(page, field, attachments),
        limit=field.limit,
        count=counted(field.limit, answer) if field.limit else 0,
        needed=field.is_required(now),
        frozen=field.is_frozen(now),
        hidden=hidden,
        decided_by=f"{ANSWERS}{field.only_if.field}" if field.only_if else None,
        decided_for=field.only_if.among if field.only_if else (),
    )


def _options(page: Page, field: Field, attachments: Sequence[Attachment]) -> list[Choice]:
    if field.kind is Kind.FILE:
        return [Choice(id=str(each.id), label=Markup("<bdi>{}</bdi>").format(each.name)) for each in attachments]
    if field.kind is Kind.YES_NO:
        return [Choice(id=each, label=page.speech.t(f"write.{each}")) for each in field.values]
    return [Choice(id=option.id, label=told(page, option.label)) for option in field.options]


def _free(page: Page, says: Mapping[str, Value]) -> list[Part]:
    """A call without a form: what was answered, under the names that it was given."""
    fields = [
        Asked(
            name=name,
            kind=Kind.LONG_TEXT,
            label=Markup("<bdi>{}</bdi>").format(name.removeprefix(ANSWERS)),
            values=[str(value)],
        )
        for name, value in says.items()
        if name.startswith(ANSWERS)
    ]
    return [Part(id="answers", title=page.speech.t("write.answers"), help=None, fields=fields)] if fields else []


def met_by(names: Mapping[object, str], met: Met, page: Page) -> Markup:
    """Who changed a field meanwhile."""
    return Markup("<bdi>{}</bdi>").format(names.get(met.by) or page.speech.plain("write.somebody"))


def _text(says: Mapping[str, Value], name: str) -> str:
    value = says.get(name)
    return value if isinstance(value, str) else ""
