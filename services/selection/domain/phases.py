"""What each role may see and do in each phase of a jury's round: the whole table, and which phase it is when.

A round goes declaring → reviewing → discussing → deliberating → closed. It is moved on by a plan of dates, or by hand.
A date moves it forwards only; going back is for people, who say why. The phase is a pure function of what was opened
last, of the plan, and of the time: whether a job has told of it yet changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.clock import Deadline, in_words
from shared.errors import Conflict, FieldError, Invalid


class Phase(StrEnum):
    DECLARING = "declaring"
    """Jurors see whom the jury will judge, and declare their conflicts."""
    REVIEWING = "reviewing"
    """Each juror reads and scores what is assigned, alone."""
    DISCUSSING = "discussing"
    """Those who reviewed a file talk about it, and may think again."""
    DELIBERATING = "deliberating"
    """Nothing is scored any more; the ranking is made and frozen."""
    CLOSED = "closed"
    """What there is can be read."""


D, R, S, L, C = Phase
ORDER: Mapping[Phase, int] = {phase: place for place, phase in enumerate(Phase)}
ALWAYS = frozenset(Phase)

TABLE: Mapping[tuple[str, str], frozenset[Phase]] = {
    # Whoever finds out about a conflict says so, however late.
    ("juror", "declare_conflict"): ALWAYS,
    ("juror", "list_candidates"): ALWAYS,
    ("juror", "see_the_whole_field"): frozenset({D}),
    ("juror", "bid_on_files"): frozenset({D}),
    ("juror", "read_review"): ALWAYS,
    ("juror", "read_file"): frozenset({R, S, L}),
    ("juror", "write_review"): frozenset({R}),
    ("juror", "submit_review"): frozenset({R}),
    ("juror", "abstain_from_review"): frozenset({R}),
    ("juror", "recuse_from_review"): frozenset({D, R, S, L}),
    ("juror", "read_other_reviews"): frozenset({S, L, C}),
    ("juror", "read_discussion"): frozenset({S, L, C}),
    ("juror", "post_message"): frozenset({S}),
    ("juror", "give_opinion"): frozenset({S}),
    ("juror", "revisit_review"): frozenset({S}),
    ("staff", "read_discussion"): frozenset({S, L, C}),
    ("staff", "post_message"): frozenset({S}),
    ("staff", "list_candidates"): ALWAYS,
    ("staff", "change_jury"): frozenset({D, R, S, L}),
    ("staff", "assign_reviews"): frozenset({D, R}),
    ("staff", "read_review"): ALWAYS,
    ("staff", "read_judged_file"): ALWAYS,
    ("staff", "preview_ranking"): frozenset({R, S, L, C}),
    ("staff", "freeze_ranking"): frozenset({L}),
    ("staff", "read_ranking"): ALWAYS,
    # Of an edition, so asked of each of its juries.
    ("staff", "propose_decisions"): frozenset({L, C}),
    ("staff", "change_decisions"): frozenset({L, C}),
    ("staff", "open_shortlist"): frozenset({L, C}),
    ("staff", "order_shortlist"): frozenset({L, C}),
    ("partner", "order_shortlist"): frozenset({L, C}),
    ("staff", "read_shortlist"): ALWAYS,
    ("partner", "read_shortlist"): ALWAYS,
    ("staff", "read_matching"): ALWAYS,
    ("auditor", "read_matching"): ALWAYS,
    ("staff", "promote_reserve"): frozenset({L, C}),
    ("staff", "remark_on_decisions"): frozenset({L, C}),
    ("staff", "read_reasons"): ALWAYS,
    ("staff", "change_reasons"): frozenset({L, C}),
    ("staff", "sign_reasons"): frozenset({L, C}),
    ("staff", "approve_decisions"): frozenset({L, C}),
    ("staff", "take_back_approval"): frozenset({L, C}),
    ("staff", "publish_decisions"): frozenset({L, C}),
    ("staff", "read_decisions"): ALWAYS,
    ("staff", "read_phases"): ALWAYS,
    ("juror", "read_phases"): ALWAYS,
    ("staff", "plan_phases"): ALWAYS,
    ("staff", "open_phase"): ALWAYS,
}
"""Role and action to the phases in which it may happen; what is not here belongs to no round. Applicants have no line:
what they read is published by an act of its own, and no phase shows it earlier."""

WITHOUT_A_PLAN = ALWAYS - {S}
"""A jury that nobody gave phases: all that its own state allows may happen, but for a discussion that nobody opened."""


class PhaseNotOpen(Conflict):
    slug = "phase-not-open"

    def __init__(
        self, *, action: str, present: Phase | None, wanted: Collection[Phase], opens: Deadline | None
    ) -> None:
        names = " or ".join(phase for phase in Phase if phase in wanted)
        now = f"is in the phase {present}" if present else "has no phases planned yet"
        when = f"which opens {in_words(opens)}" if opens else "for which no date lies ahead: ask the programme team"
        super().__init__(
            f"This can be done in the phase {names} only, {when}. The jury {now}.",
            action=action,
            phase=present,
            wanted=[phase for phase in Phase if phase in wanted],
            opens_at=opens.instant if opens else None,
        )


class PhaseAlreadyOpen(Conflict):
    slug = "phase-already-open"

    def __init__(self, phase: Phase) -> None:
        super().__init__(f"The jury is in the phase {phase} already. Nothing is left to do.", phase=phase)


class PlanNotAcceptable(Invalid):
    slug = "plan-not-acceptable"

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(
            "A plan names each phase once, in their order, each later than the one before: correct what `errors` "
            "points at.",
            errors=errors,
        )


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A phase, and when it opens."""

    phase: Phase
    opens: Deadline


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A phase, since when it is open, and whether a date of the plan opened it."""

    phase: Phase
    at: datetime
    by_date: bool = False


@dataclass(frozen=True, kw_only=True)
class Round:
    """A jury's round, as far as was told: what was opened last, if anything, and the plan."""

    last: Opened | None = None
    plan: Sequence[Planned] = ()

    def due(self, now: datetime) -> list[Opened]:
        """What the plan has opened since, in order; a phase behind the present one is passed over."""
        opened: list[Opened] = []
        present = self.last
        for planned in self.plan:
            if present is None or planned.opens.instant > now:
                break
            if planned.opens.instant > present.at and ORDER[planned.phase] > ORDER[present.phase]:
                present = Opened(phase=planned.phase, at=planned.opens.instant, by_date=True)
                opened.append(present)
        return opened

    def present(self, now: datetime) -> Phase | None:
        """The phase it is; None without phases."""
        if self.last is None:
            return None
        return [self.last, *self.due(now)][-1].phase

    def open(self, now: datetime) -> frozenset[Phase]:
        """The phases whose lines of the table hold."""
        present = self.present(now)
        return WITHOUT_A_PLAN if present is None else frozenset({present})

    def ahead(self, now: datetime) -> list[Planned]:
        """What the plan has yet to open, in order."""
        present = self.present(now)
        if present is None:
            return []
        return [
            planned for planned in self.plan if planned.opens.instant > now and ORDER[planned.phase] > ORDER[present]
        ]

    def allows(self, role: str, action: str, now: datetime) -> bool:
        return bool(TABLE[role, action] & self.open(now))

    def require(self, role: str, action: str, now: datetime) -> None:
        """Raise PhaseNotOpen, which says when it will be, unless the table allows it now."""
        if self.allows(role, action, now):
            return
        wanted = TABLE[role, action]
        opens = next((planned.opens for planned in self.ahead(now) if planned.phase in wanted), None)
        raise PhaseNotOpen(action=action, present=self.present(now), wanted=wanted, opens=opens)


def may(role: str, present: Iterable[Phase]) -> dict[str, bool]:
    """Each action of this role, and whether the table allows it in these phases."""
    opened = frozenset(present)
    return {action: bool(phases & opened) for (who, action), phases in TABLE.items() if who == role}


def check_plan(plan: Sequence[Planned], *, present: Phase, now: datetime) -> None:
    """Raise PlanNotAcceptable unless it goes forwards, and opens no new phase in the past."""
    errors = []
    for place, planned in enumerate(plan):
        if place and ORDER[planned.phase] <= ORDER[plan[place - 1].phase]:
            errors.append(_wrong(place, "phase", f"must come after {plan[place - 1].phase}", "phase_order"))
        if place and planned.opens.instant <= plan[place - 1].opens.instant:
            errors.append(_wrong(place, "opens", "must be later than the one before", "date_order"))
        if planned.opens.instant <= now and ORDER[planned.phase] > ORDER[present]:
            errors.append(_wrong(place, "opens", "lies behind; open this phase by hand instead", "past"))
    if errors:
        raise PlanNotAcceptable(errors)


def _wrong(place: int, part: str, detail: str, code: str) -> FieldError:
    return FieldError(pointer=f"#/plan/{place}/{part}", detail=detail, code=code)
