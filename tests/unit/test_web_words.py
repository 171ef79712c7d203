"""Every word that pages use is there in each language, in every plural form that the language has, and none is idle."""

import re

import pytest
from babel import Locale

from shared.events import EVENTS
from shared.web import LANGUAGES
from shared.web.languages import LOCALES, Language, negotiate
from tests.support.words import ALL, MONITOR, Pages, places

each = pytest.mark.parametrize("pages", ALL, ids=str)
in_each_language = pytest.mark.parametrize("language", LANGUAGES)


def fact_fields() -> set[str]:
    return {name for type_, event in EVENTS.items() if ".test." not in type_ for name in event.model_fields}


@each
@in_each_language
def test_no_word_is_missing(pages: Pages, language: Language) -> None:
    assert sorted(pages.used - pages.words.by_language[language].keys()) == []


@in_each_language
def test_every_fact_of_every_event_has_a_name(language: Language) -> None:
    words = MONITOR.words.by_language[language]

    assert sorted(name for name in fact_fields() if f"fact.{name}" not in words) == []


@each
def test_no_word_is_idle(pages: Pages) -> None:
    needed = set(pages.used)
    if pages is MONITOR:
        nested = ("instant", "local", "rank", "reviews", "score", "tzdata_version")
        needed |= {f"fact.{name}" for name in (*fact_fields(), *nested)}

    assert sorted(pages.words.by_language["en"].keys() - needed) == []


@each
@in_each_language
def test_the_languages_have_the_same_words_with_the_same_places_to_fill(pages: Pages, language: Language) -> None:
    theirs, ours = pages.words.by_language[language], pages.words.by_language["en"]

    assert theirs.keys() == ours.keys()
    assert {key: places(theirs[key]) for key in theirs} == {key: places(ours[key]) for key in ours}


@each
@in_each_language
def test_a_word_that_counts_has_every_form_that_its_language_has(pages: Pages, language: Language) -> None:
    forms = {*Locale.parse(LOCALES[language]).plural_form.tags, "other"}
    counting = {
        key: set(entry) for key, entry in pages.words.by_language[language].items() if not isinstance(entry, str)
    }

    assert counting == dict.fromkeys(counting, forms)


@each
def test_arabic_is_written_in_arabic(pages: Pages) -> None:
    latin = re.compile(r"[A-Za-z]{2,}")
    named = re.compile(r"DataCity|SHA-256|PDF|\{\w+\}")
    words = {
        key: [entry] if isinstance(entry, str) else [*entry.values()]
        for key, entry in pages.words.by_language["ar"].items()
    }

    assert not [key for key, said in words.items() if any(latin.search(named.sub("", one)) for one in said)]


@each
def test_every_page_of_the_navigation_is_an_action_of_the_table(pages: Pages) -> None:
    assert all(action in pages.permissions for action in pages.navigation.values())


@pytest.mark.parametrize("header", [None, "", "*", "xx", ";;;", "fr;q=x", "," * 500])
def test_whatever_a_browser_wants_there_is_a_language(header: str | None) -> None:
    assert negotiate(header) in LANGUAGES


def test_numbers_dates_and_durations_are_told_as_the_language_has_them() -> None:
    said = {language: MONITOR.words.in_language(language) for language in LANGUAGES}

    assert [said[language].number(1234.5) for language in LANGUAGES] == ["1\u202f234,5", "1.234,5", "1,234.5"]
    assert [said[language].duration(120) for language in LANGUAGES] == ["2 minutes", "دقيقتان", "2 minutes"]
    assert said["ar"].n("failure.events", 3) == "<bdi>3</bdi> أحداث"
    assert said["en"].t("log.case", id="<x>") == "case <bdi>&lt;x&gt;</bdi>"
