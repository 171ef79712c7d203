"""Who may take part, as rules that are data; what they find of a file is told to a person, and decides nothing."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from services.applications.domain import counting
from services.applications.domain.answers import as_number
from services.applications.domain.applications import Content
from services.applications.domain.completeness import asked, chosen
from services.applications.domain.forms import Field, Form, Kind, Words


class RuleKind(StrEnum):
    ANSWERED = "answered"
    """The field is answered at all."""
    AMONG = "among"
    """Every choice that was made is one of `among`."""
    NOT_AMONG = "not-among"
    """No choice that was made is one of `among`."""
    NUMBER = "number"
    """The number lies from `least` to `most`; either may be open."""
    DATE = "date"
    """The date lies from `first` to `last`; either may be open."""
    WORDS = "words"
    """The text has at least `least` words and at most `most`."""
    ATTACHED = "attached"
    """At least `least` files are attached."""
    TEAM_SIZE = "team-size"
    """The team has from `least` to `most` members."""


OF_A_FIELD: Mapping[RuleKind, frozenset[Kind]] = {
    RuleKind.ANSWERED: frozenset(Kind),
    RuleKind.AMONG: frozenset({Kind.CHOICE, Kind.CHOICES, Kind.YES_NO}),
    RuleKind.NOT_AMONG: frozenset({Kind.CHOICE, Kind.CHOICES, Kind.YES_NO}),
    RuleKind.NUMBER: frozenset({Kind.NUMBER}),
    RuleKind.DATE: frozenset({Kind.DATE}),
    RuleKind.WORDS: frozenset({Kind.TEXT, Kind.LONG_TEXT}),
}
"""Which kinds of fields a rule can be about; the other rules are about no field."""


class Verdict(StrEnum):
    HOLDS = "holds"
    FAILS = "fails"
    UNCLEAR = "unclear"
    """The file does not say: not asked, not answered, or not in a way that can be read. A person finds out."""


@dataclass(frozen=True, kw_only=True)
class EligibilityRule:
    """One condition, and the sentence that says it to people in each of the programme's languages."""

    id: str
    kind: RuleKind
    says: Words
    field: str | None = None
    among: tuple[str, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, kw_only=True)
class RuleFinding:
    """What one rule found, and the fact that it went by, so that a person can check it."""

    rule: str
    verdict: Verdict
    because: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ScreenedFile:
    """What rules may look at: the revision that counts, and how many the team are."""

    content: Content
    members: int
    form: Form | None


def findings(rules: Sequence[EligibilityRule], file: ScreenedFile) -> list[RuleFinding]:
    """What each rule finds, in order. Nothing follows from it by itself."""
    return [_finding(rule, file) for rule in rules]


def digest(found: Sequence[RuleFinding]) -> str:
    """SHA-256 (hexadecimal) of what was found, so that a decision can say what its signer was shown."""
    return _digest([{"rule": each.rule, "verdict": each.verdict.value, "because": each.because} for each in found])


def digest_of_rules(written: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 (hexadecimal) over the rules as JSON with sorted keys and without white space."""
    return _digest(list(written))


def plain(found: RuleFinding) -> dict[str, Any]:
    """A finding as it is kept beside the decision."""
    return {
        "rule": found.rule,
        "verdict": found.verdict.value,
        "because": found.because,
        "facts": dict(found.facts),
    }


def failing(found: Collection[RuleFinding]) -> list[str]:
    return sorted(each.rule for each in found if each.verdict is Verdict.FAILS)


def read_rules(definition: Sequence[Mapping[str, Any]]) -> tuple[EligibilityRule, ...]:
    """Rules as they were sent or kept."""
    return tuple(
        EligibilityRule(
            id=each["id"],
            kind=RuleKind(each["kind"]),
            says=each["says"],
            field=each.get("field"),
            among=tuple(each.get("among") or ()),
            least=_decimal(each.get("least")),
            most=_decimal(each.get("most")),
            first=_date(each.get("first")),
            last=_date(each.get("last")),
        )
        for each in definition
    )


def written_rules(rules: Sequence[EligibilityRule]) -> list[dict[str, Any]]:
    """The rules as they are kept; `read_rules` gives them back."""
    return [
        {
            "id": rule.id,
            "kind": rule.kind.value,
            "says": dict(rule.says),
            "field": rule.field,
            "among": list(rule.among),
            "least": None if rule.least is None else str(rule.least),
            "most": None if rule.most is None else str(rule.most),
            "first": rule.first and rule.first.isoformat(),
            "last": rule.last and rule.last.isoformat(),
        }
        for rule in rules
    ]


def _finding(rule: EligibilityRule, file: ScreenedFile) -> RuleFinding:
    match rule.kind:
        case RuleKind.ATTACHED:
            return _bounded(rule, Decimal(len(file.content.attachment_ids)))
        case RuleKind.TEAM_SIZE:
            return _bounded(rule, Decimal(file.members))
    of = file.form.field(rule.field) if file.form and rule.field else None
    if of is None or file.form is None:
        return _unclear(rule, "not_in_form")
    if of.id not in {each.id for each in asked(file.form, file.content.answers)}:
        return _unclear(rule, "not_asked")
    answer = file.content.answers.get(of.id, "").strip()
    if not answer:
        if rule.kind is RuleKind.ANSWERED:
            return RuleFinding(rule=rule.id, verdict=Verdict.FAILS, because="not_answered")
        return _unclear(rule, "not_answered")
    return _OF_ANSWERS[rule.kind](rule, of, answer)


def _answered(rule: EligibilityRule, _: Field, __: str) -> RuleFinding:
    return RuleFinding(rule=rule.id, verdict=Verdict.HOLDS, because="answered")


def _among(rule: EligibilityRule, of: Field, answer: str) -> RuleFinding:
    picked = chosen(of, answer)
    if not set(picked) <= set(of.values):
        return _unclear(rule, "not_an_option")
    outside = [each for each in picked if each not in rule.among]
    return _judged(rule, not outside, chosen=picked, among=list(rule.among))


def _not_among(rule: EligibilityRule, of: Field, answer: str) -> RuleFinding:
    picked = chosen(of, answer)
    if not set(picked) <= set(of.values):
        return _unclear(rule, "not_an_option")
    return _judged(rule, set(picked).isdisjoint(rule.among), chosen=picked, not_among=list(rule.among))


def _number(rule: EligibilityRule, _: Field, answer: str) -> RuleFinding:
    number = as_number(answer)
    return _unclear(rule, "not_a_number") if number is None else _bounded(rule, number)


def _dated(rule: EligibilityRule, _: Field, answer: str) -> RuleFinding:
    try:
        day = date.fromisoformat(answer)
    except ValueError:
        return _unclear(rule, "not_a_date")
    fits = (rule.first is None or day >= rule.first) and (rule.last is None or day <= rule.last)
    bounds = {"first": rule.first and rule.first.isoformat(), "last": rule.last and rule.last.isoformat()}
    return _judged(rule, fits, found=day.isoformat(), **bounds)


def _words(rule: EligibilityRule, _: Field, answer: str) -> RuleFinding:
    return _bounded(rule, Decimal(counting.words(answer)))


_OF_ANSWERS: Mapping[RuleKind, Callable[[EligibilityRule, Field, str], RuleFinding]] = {
    RuleKind.ANSWERED: _answered,
    RuleKind.AMONG: _among,
    RuleKind.NOT_AMONG: _not_among,
    RuleKind.NUMBER: _number,
    RuleKind.DATE: _dated,
    RuleKind.WORDS: _words,
}


def _bounded(rule: EligibilityRule, found: Decimal) -> RuleFinding:
    fits = (rule.least is None or found >= rule.least) and (rule.most is None or found <= rule.most)
    bounds = {
        name: None if value is None else str(value) for name, value in (("least", rule.least), ("most", rule.most))
    }
    return _judged(rule, fits, found=str(found), **bounds)


def _judged(rule: EligibilityRule, fits: bool, **facts: object) -> RuleFinding:
    verdict = Verdict.HOLDS if fits else Verdict.FAILS
    because = "within" if fits else "outside"
    return RuleFinding(rule=rule.id, verdict=verdict, because=because, facts=facts)


def _unclear(rule: EligibilityRule, because: str) -> RuleFinding:
    return RuleFinding(rule=rule.id, verdict=Verdict.UNCLEAR, because=because)


def _decimal(given: object) -> Decimal | None:
    return None if given is None else Decimal(str(given))


def _date(given: object) -> date | None:
    return None if given is None else date.fromisoformat(str(given))


def _digest(plain: list[Any]) -> str:
    canonical = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
