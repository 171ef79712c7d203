"""The words of each service's pages: which there are, which its templates and code use, and which a value chooses."""

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import get_args

from services.applications.domain.applications import Status
from services.applications.domain.calls import Phase
from services.applications.domain.deadlines import Cause, ExtensionStatus
from services.applications.domain.eligibility import Verdict
from services.applications.domain.erasure import Ground
from services.applications.domain.invitations import State
from services.applications.domain.requests import RequestState
from services.applications.domain.screening import Outcome as ScreeningOutcome
from services.applications.domain.teams import Role
from services.applications.pages import NAVIGATION as OF_SITE
from services.applications.pages.call import POLICY
from services.applications.pages.deadlines import Said
from services.applications.pages.files import Step
from services.applications.pages.screening import Shown
from services.applications.permissions import PERMISSIONS as OF_APPLICATIONS
from services.applications.views.rules import DEADLINE, OF_CHALLENGE, OF_TEAM, OPENS
from services.notifications.domain.stages import STAGES
from services.notifications.letters import TO_MANY as LETTERS_TO_MANY
from services.notifications.pages import NAVIGATION as OF_MONITOR
from services.notifications.pages.naming import event_key
from services.notifications.permissions import PERMISSIONS as OF_NOTIFICATIONS
from services.selection.domain.agreement import Grade
from services.selection.domain.approvals import VoidedBecause
from services.selection.domain.assignment import Bid
from services.selection.domain.conflict_graph import Source, TieKind
from services.selection.domain.conflicts import ConflictState
from services.selection.domain.decisions import DecisionsState, Kind, Outcome
from services.selection.domain.discussions import Stance
from services.selection.domain.juries import Blind
from services.selection.domain.leaks import Hint
from services.selection.domain.phases import Phase as PhaseOfJury
from services.selection.domain.proof import Peace
from services.selection.domain.ranking import METHODS
from services.selection.domain.reviews import ReviewState
from services.selection.domain.smallest import Rule
from services.selection.pages import NAVIGATION as OF_JURY
from services.selection.permissions import PERMISSIONS as OF_SELECTION
from shared.events import EVENTS
from shared.events.applications import ExtensionReason, ScreeningReason
from shared.events.operations import ReleaseReason
from shared.events.selection import ConflictKind
from shared.identity import PermissionTable
from shared.web import LANGUAGES, Words
from shared.web.speech import Entry

ROOT = Path(__file__).resolve().parents[2]
KIT = ROOT / "shared" / "web"

USED = re.compile(r'\b(?:t|n|plain|has)\(\s*"([^"{]+)"\s*([~,)])')
CHOSEN = re.compile(r'"([a-z]+\.[a-z_]+)"\s+(?:if|else)\b|else "([a-z]+\.[a-z_]+)"')

Values = Mapping[str, tuple[str, ...]]
"""Words that are chosen by a value: what comes before it, and the values there are."""

KIT_VALUES: Values = {
    "refusal.": tuple(
        f"{kind}.{part}"
        for kind in ("400", "401", "403", "404", "409", "422", "429", "500", "503")
        for part in ("title", "what_to_do")
    ),
    "role.": ("applicant", "juror", "staff", "partner", "city", "coach", "auditor"),
}

MONITOR_VALUES: Values = {
    "service.": ("applications", "selection", "incubation", "notifications"),
    "proof.": ("sealed", "unsealed"),
    "filter.": ("file", "actor", "correlation", "from", "to"),
    "letters.of.": LETTERS_TO_MANY,
    "letters.said_": ("released", "stopped"),
    "filter.wrong_": ("file", "actor", "correlation"),
    "state.": ("retrying", "parked", "behind", "released", "discarded"),
    "outcome.": ("handled", "duplicate", "failed"),
    "reason.": ("malformed", "not-ours", "superseded", "obsolete", "mended-by-hand"),
    "outbox.reason.": get_args(ReleaseReason),
    "milestone.": ("kick-off", "prototype", "deployment", "demo", "other"),
    "stage.": STAGES,
    "programme.": tuple(
        f"{figure}.{part}"
        for figure in ("applications", "reviews", "stages", "milestones")
        for part in ("title", "what", "table")
    ),
    "chart.": (
        "stage", "next_stage", "files", "median", "case", "milestone", "due", "state", "days_late", "late_open",
        "late_kept", "in_time", "to_come",
    ),
    "chart.reviews_": ("assigned", "submitted", "recused", "cancelled"),
    "fact_": ("yes", "no", "none"),
    "": tuple(event_key(type_) for type_ in EVENTS if not type_.startswith("io.datacity.test.")),
}  # fmt: skip

JURY_VALUES: Values = {
    "phase.": tuple(PhaseOfJury),
    "review.state_": ("begun", *ReviewState),
    "answer.": ("yes", "no"),
    "kind.": get_args(ConflictKind),
    "staff.said_": ("changed", "planned", "opened", "assigned"),
    "assignment.is_": ("kept", "new", "gone"),
    "lacks.": ("too-few-jurors", "no-competence", "capacity", "bottleneck"),
    "rule.": tuple(Rule),
    "jury.blind_": tuple(Blind),
    "jury.about_blind_": tuple(Blind),
    "agreement.": tuple(Grade),
    "method.": tuple(method.partition("/")[0] for method in METHODS),
    "interests.said_": ("declared", "stated"),
    "tie.": tuple(TieKind),
    "source.": tuple(Source),
    "bid.": tuple(Bid),
    "conflicts.state_": tuple(ConflictState),
    "conflicts.said_": ("decided", "pinned", "waived"),
    "decisions.kind_": tuple(Kind),
    "decisions.state_": tuple(DecisionsState),
    "decisions.said_": ("proposed", "changed", "approved", "taken-back", "published"),
    "voided.": tuple(VoidedBecause),
    "outcome.": tuple(Outcome),
    "result.is_": tuple(Outcome),
    "peace.": tuple(Peace),
    "reasons.said_": ("changed", "signed"),
    "tongue.": LANGUAGES,
    "hint.": tuple(Hint),
    "discussion.said_": ("posted", "opined", "revisited"),
    "stance.": tuple(Stance),
    "noted.said_": ("noted", "removed"),
    "noted.of_": ("file", "person"),
    "shortlist.said_": ("opened", "ordered"),
    "names.": ("jurors", "deciders", "said_named"),
    "problem.": (
        "not-person-ids", "nobody-sits", "not-limits", "not-competences", "criterion-without-title",
        "anchor-without-score", "nobody-here", "person-forgotten", "not-an-order", "nobody-above", "tie-not-of-one",
        "not-the-shortlist", "order-already-given", "not-ranked-yet",
        "stale-version", "still-judging", "in-conflict", "nothing-reviewed", "nothing-to-assign", "jury-frozen",
        "ranking-not-ready", "weights-do-not-add-up", "juror-has-reviews", "phase-not-open", "approvals-missing",
        "already-approved", "no-approval-of-yours", "nothing-to-decide", "rankings-missing", "files-not-ranked",
        "results-already-published", "decisions-not-open", "decisions-outdated", "challenge-full", "reasons-unsigned",
        "reasons-empty", "leaks-suspected", "already-signed", "no-place-left", "reserve-empty", "conflict-settled",
        "conflicts-undecided", "conflict-already-declared", "about-oneself", "juror-bound-to-partner",
        "design-disconnected", "plan-not-acceptable", "phase-already-open", "nothing-revisited", "newer-revision",
        "no-such-voice",
    ),
}  # fmt: skip

REFUSED = (
    "deadline-passed", "call-not-open", "call-closed", "wrong-status", "not-writable", "incomplete-application",
    "nothing-changed", "too-many-revisions", "challenge-not-in-call", "answers-too-long", "too-many-answers",
    "already-applied",
    "too-many-attempts", "not-registered", "unknown-members", "team-full", "team-settled", "too-many-teams",
    "file-too-large", "body-too-large", "not-a-pdf", "unreadable-pdf", "encrypted-pdf", "too-many-pages",
    "too-many-files", "too-many-files-kept", "stale-version", "person-was-forgotten", "not-of-this-form",
    "field-frozen", "sealed", "lead-stays", "already-in-team", "already-invited", "too-many-invitations",
    "invitation-over", "not-asked-for", "request-not-open", "nothing-supplied", "still-lacking", "findings-changed",
    "reason-wanted", "already-screened", "already-asked", "request-too-short", "not-all-screened",
    "screening-already-published", "files-not-open", "deadline-not-later", "deadline-passed-already",
    "deadline-in-the-past", "call-too-short", "call-open-already", "call-over", "extension-decided", "own-extension",
)  # fmt: skip
"""What founders may meet, by the types of the problems."""

SITE_VALUES: Values = {
    "phase.": tuple(Phase),
    "field.": ("name", "email"),
    "wrong.": ("name", "email"),
    "status.": tuple(f"{status}.{part}" for status in Status for part in ("name", "what")),
    "step.": tuple(Step),
    "team.role.": tuple(Role),
    "invitation.state.": tuple(state for state in State if state is not State.OPEN),
    "reason.": get_args(ScreeningReason),
    "write.": ("yes", "no", "merged", "kept-aside", "changed_by"),
    "write.count.": ("words", "characters"),
    "lacks.": (
        "missing",
        "missing_and_frozen",
        "not_in_form",
        "not_an_option",
        "not_a_number",
        "not_a_date",
        "not_a_link",
        "not_attached",
        "too_long.at_all",
        "too_long.words",
        "too_long.characters",
        "too_short.words",
        "too_short.characters",
    ),
    "problem.": REFUSED,
    "screening.shown.": tuple(Shown),
    "screening.outcome.": tuple(ScreeningOutcome),
    "screening.verdict.": tuple(Verdict),
    "screening.because.": (
        "not_in_form",
        "not_asked",
        "not_answered",
        "not_an_option",
        "not_a_number",
        "not_a_date",
    ),
    "screening.missing.": ("decline", "ask"),
    "request.state.": tuple(RequestState),
    "deadlines.said_": get_args(Said),
    "extension.reason.": get_args(ExtensionReason),
    "extension.status.": tuple(status for status in ExtensionStatus if status is not ExtensionStatus.ASKED),
    "kept.": ("opaque-id", "proof", "shared-file", *Ground),
    "policy.": POLICY,
    "rule.": (OPENS, DEADLINE, OF_CHALLENGE, OF_TEAM),
    "cause.": tuple(Cause),
    "axis.": tuple(f"{axis}.{part}" for axis in ("raise", "build", "engage") for part in ("name", "what")),
    "path.": tuple(
        f"{step}.{part}"
        for step in ("apply", "screen", "review", "results", "incubate", "try")
        for part in ("name", "what")
    ),
}


@dataclass(frozen=True)
class Pages:
    """One service's pages, as far as they say something."""

    service: str
    navigation: Mapping[str, str]
    permissions: PermissionTable
    values: Values

    @cached_property
    def folders(self) -> list[Path]:
        return [KIT, ROOT / "services" / self.service / "pages"]

    @cached_property
    def words(self) -> Words:
        return Words([folder / "words" for folder in self.folders])

    @cached_property
    def used(self) -> frozenset[str]:
        tables = {key.partition(".")[0] for key in self.words.by_language["en"]}
        found = {key for text in self._sources() for key, after in USED.findall(text) if after != "~"}
        found |= {
            key
            for text in self._sources()
            for pair in CHOSEN.findall(text)
            for key in pair
            if key.partition(".")[0] in tables
        }
        every = {**KIT_VALUES, **self.values, "nav.": tuple(self.navigation)}
        return frozenset(found | {before + value for before, values in every.items() for value in values})

    def _sources(self) -> Iterator[str]:
        for folder in self.folders:
            for file in [*folder.rglob("*.html"), *folder.rglob("*.py")]:
                yield file.read_text()

    def __str__(self) -> str:
        return self.service


def places(entry: Entry) -> set[str]:
    """What is to be filled in."""
    texts = [entry] if isinstance(entry, str) else entry.values()
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


MONITOR = Pages("notifications", OF_MONITOR, OF_NOTIFICATIONS, MONITOR_VALUES)
JURY = Pages("selection", OF_JURY, OF_SELECTION, JURY_VALUES)
SITE = Pages("applications", OF_SITE, OF_APPLICATIONS, SITE_VALUES)
ALL = (MONITOR, JURY, SITE)
