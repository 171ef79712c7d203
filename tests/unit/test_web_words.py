"""Every word that pages use is there in each language, in every plural form that the language has, and none is idle."""

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel import Locale

from services.notifications.domain.stages import STAGES
from services.notifications.pages import NAVIGATION
from services.notifications.pages.naming import event_key
from services.notifications.permissions import PERMISSIONS
from shared.events import EVENTS
from shared.web import LANGUAGES, Words
from shared.web.languages import LOCALES, Language, negotiate
from shared.web.speech import Entry

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "shared" / "web", ROOT / "services" / "notifications" / "pages"]
WORDS = Words([folder / "words" for folder in FOLDERS]).by_language

USED = re.compile(r'\b(?:t|n|plain|has)\(\s*"([^"{]+)"\s*([~,)])')
CHOSEN = re.compile(r'"((?:release|discard|log|fact)[._][a-z_]+)"\s+(?:if|else)|else "((?:release|discard)\.[a-z_]+)"')

# Words that are chosen by a value: what comes before it, and the values there are.
BY_VALUE: dict[str, tuple[str, ...]] = {
    "service.": ("applications", "selection", "incubation", "notifications"),
    "nav.": tuple(NAVIGATION),
    "proof.": ("sealed", "unsealed"),
    "filter.": ("file", "actor", "correlation", "from", "to"),
    "filter.wrong_": ("file", "actor", "correlation"),
    "state.": ("retrying", "parked", "behind", "released", "discarded"),
    "outcome.": ("handled", "duplicate", "failed"),
    "reason.": ("malformed", "not-ours", "superseded", "obsolete", "mended-by-hand"),
    "milestone.": ("kick-off", "prototype", "deployment", "demo", "other"),
    "stage.": STAGES,
    "programme.": tuple(
        f"{figure}.{part}"
        for figure in ("applications", "reviews", "stages", "milestones")
        for part in ("title", "what", "table")
    ),
    "refusal.": tuple(
        f"{kind}.{part}"
        for kind in ("400", "401", "403", "404", "409", "422", "429", "500", "503")
        for part in ("title", "what_to_do")
    ),
    "chart.": (
        "stage", "next_stage", "files", "median", "case", "milestone", "due", "state", "days_late", "late_open",
        "late_kept", "in_time", "to_come",
    ),
    "chart.reviews_": ("assigned", "submitted", "recused", "cancelled"),
    "role.": tuple(role for role in ("applicant", "juror", "staff", "partner", "city", "coach", "auditor")),
    "fact_": ("yes", "no", "none"),
}  # fmt: skip


def sources() -> Iterator[str]:
    for folder in FOLDERS:
        for file in [*folder.rglob("*.html"), *folder.rglob("*.py")]:
            yield file.read_text()


def used() -> set[str]:
    found = {key for text in sources() for key, after in USED.findall(text) if after != "~"}
    found |= {key for text in sources() for pair in CHOSEN.findall(text) for key in pair if key}
    found |= {before + value for before, values in BY_VALUE.items() for value in values}
    found |= {event_key(type_) for type_ in EVENTS if not type_.startswith("io.datacity.test.")}
    return found


def fact_fields() -> set[str]:
    return {name for type_, event in EVENTS.items() if ".test." not in type_ for name in event.model_fields}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_missing(language: Language) -> None:
    assert sorted(used() - WORDS[language].keys()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_of_every_event_has_a_name(language: Language) -> None:
    assert sorted(name for name in fact_fields() if f"fact.{name}" not in WORDS[language]) == []


def test_no_word_is_idle() -> None:
    nested = {f"fact.{name}" for name in ("instant", "local", "rank", "reviews", "score", "tzdata_version")}
    needed = used() | {f"fact.{name}" for name in fact_fields()} | nested

    assert sorted(WORDS["en"].keys() - needed) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_languages_have_the_same_words_with_the_same_places_to_fill(language: Language) -> None:
    theirs, ours = WORDS[language], WORDS["en"]

    assert theirs.keys() == ours.keys()
    assert {key: places(theirs[key]) for key in theirs} == {key: places(ours[key]) for key in ours}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_that_counts_has_every_form_that_its_language_has(language: Language) -> None:
    forms = {*Locale.parse(LOCALES[language]).plural_form.tags, "other"}

    assert {key: set(entry) for key, entry in WORDS[language].items() if not isinstance(entry, str)} == {
        key: forms for key, entry in WORDS[language].items() if not isinstance(entry, str)
    }


def test_arabic_is_written_in_arabic() -> None:
    latin = re.compile(r"[A-Za-z]{2,}")
    named = re.compile(r"DataCity|SHA-256|\{\w+\}")
    words = {key: [entry] if isinstance(entry, str) else [*entry.values()] for key, entry in WORDS["ar"].items()}

    assert not [key for key, said in words.items() if any(latin.search(named.sub("", each)) for each in said)]


def test_every_page_of_the_navigation_is_an_action_of_the_table() -> None:
    assert all(action in PERMISSIONS for action in NAVIGATION.values())


@pytest.mark.parametrize("header", [None, "", "*", "xx", ";;;", "fr;q=x", "," * 500])
def test_whatever_a_browser_wants_there_is_a_language(header: str | None) -> None:
    assert negotiate(header) in LANGUAGES


def test_numbers_dates_and_durations_are_told_as_the_language_has_them() -> None:
    words = Words([folder / "words" for folder in FOLDERS])
    said = {language: words.in_language(language) for language in LANGUAGES}

    assert [said[language].number(1234.5) for language in LANGUAGES] == ["1\u202f234,5", "1.234,5", "1,234.5"]
    assert [said[language].duration(120) for language in LANGUAGES] == ["2 minutes", "دقيقتان", "2 minutes"]
    assert said["ar"].n("failure.events", 3) == "<bdi>3</bdi> أحداث"
    assert said["en"].t("log.case", id="<x>") == "case <bdi>&lt;x&gt;</bdi>"


def places(entry: Entry) -> set[str]:
    texts = [entry] if isinstance(entry, str) else entry.values()
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}
