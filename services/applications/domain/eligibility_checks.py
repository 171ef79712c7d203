"""Why rules of who may take part are refused: each must be about something that every file can say."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from services.applications.domain.eligibility import OF_A_FIELD, EligibilityRule, RuleKind
from services.applications.domain.form_checks import LANGUAGES
from services.applications.domain.forms import Form
from shared.clock import Deadline, in_words
from shared.errors import Conflict, FieldError, Invalid

MOST_RULES = 30

_BOUNDED = frozenset({RuleKind.NUMBER, RuleKind.WORDS, RuleKind.ATTACHED, RuleKind.TEAM_SIZE})
_CHOSEN = frozenset({RuleKind.AMONG, RuleKind.NOT_AMONG})


class RulesNotUsable(Invalid):
    slug = "eligibility-not-usable"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(
            "These rules can't be gone by. Correct what `errors` points at and send them again.", errors=errors
        )


class EligibilitySettled(Conflict):
    slug = "eligibility-settled"

    def __init__(self, *, opened: Deadline, now: datetime) -> None:
        super().__init__(
            f"The call opened at {in_words(opened)}, and it is {now:%Y-%m-%d %H:%M:%S} UTC: people apply by its rules, "
            "so they don't change any more. A person may set a rule aside for a file, with a reason.",
            now=now,
        )


def require_before_opening(opens: Deadline, *, now: datetime) -> None:
    """Raises EligibilitySettled."""
    if opens.has_passed(now):
        raise EligibilitySettled(opened=opens, now=now)


def check(rules: Sequence[EligibilityRule], *, form: Form | None) -> None:
    """Raises RulesNotUsable, which names all that is wrong at once."""
    if wrong := list(_wrong(rules, form)):
        raise RulesNotUsable(wrong)


def _wrong(rules: Sequence[EligibilityRule], form: Form | None) -> Iterator[FieldError]:
    if len(rules) > MOST_RULES:
        yield _error("#/rules", f"are more than {MOST_RULES}", "too_long")
    seen: set[str] = set()
    for n, rule in enumerate(rules):
        at = f"#/rules/{n}"
        if rule.id in seen:
            yield _error(f"{at}/id", "is the id of another rule", "repeated")
        seen.add(rule.id)
        for language in LANGUAGES:
            if not rule.says.get(language):
                yield _error(f"{at}/says/{language}", "is needed: rules are told in three languages", "missing")
        yield from _wrong_field(at, rule, form)
        yield from _wrong_bounds(at, rule)


def _wrong_field(at: str, rule: EligibilityRule, form: Form | None) -> Iterator[FieldError]:
    kinds = OF_A_FIELD.get(rule.kind)
    if kinds is None:
        if rule.field is not None:
            yield _error(f"{at}/field", f"is nothing that a {rule.kind.value} rule looks at", "not_for_kind")
        return
    of = form.field(rule.field) if form and rule.field else None
    if of is None:
        yield _error(f"{at}/field", "is not a field of the call's form: set the form first", "not_in_form")
        return
    if of.kind not in kinds:
        yield _error(f"{at}/field", f"is of the kind {of.kind.value}, which this rule can't read", "not_for_kind")
    elif rule.kind in _CHOSEN and (strangers := set(rule.among) - set(of.values)):
        yield _error(f"{at}/among", f"has no options called {', '.join(sorted(strangers))}", "not_an_option")


def _wrong_bounds(at: str, rule: EligibilityRule) -> Iterator[FieldError]:
    if rule.kind in _CHOSEN and not rule.among:
        yield _error(f"{at}/among", "names at least one option", "missing")
    if rule.kind in _BOUNDED and rule.least is None and rule.most is None:
        yield _error(f"{at}/least", "or most is needed", "missing")
    if rule.kind is RuleKind.DATE and rule.first is None and rule.last is None:
        yield _error(f"{at}/first", "or last is needed", "missing")
    if rule.least is not None and rule.most is not None and rule.least > rule.most:
        yield _error(f"{at}/least", "is more than `most`", "contradicts")
    if rule.first is not None and rule.last is not None and rule.first > rule.last:
        yield _error(f"{at}/first", "is after `last`", "contradicts")


def _error(pointer: str, detail: str, code: str) -> FieldError:
    return FieldError(pointer=pointer, detail=detail, code=code)
