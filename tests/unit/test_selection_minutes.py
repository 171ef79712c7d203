"""The minutes say the same in each language, and a long proof by its counts."""

import re
import tomllib
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import services.selection.minutes as minutes
from services.selection.minutes.document import document_of
from services.selection.minutes.matching import MOST_LINES
from services.selection.minutes.speech import Language, speech_in

LANGUAGES: tuple[Language, ...] = ("fr", "ar", "en")
WORDS = {
    language: tomllib.loads((Path(str(minutes.__file__)).parent / "words" / f"{language}.toml").read_text("utf-8"))
    for language in LANGUAGES
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_there_in_each_language_with_the_same_facts_in_it(language: Language) -> None:
    here, french = told(WORDS[language]), told(WORDS["fr"])

    assert here.keys() == french.keys()
    assert {key: facts_in(word) for key, word in here.items()} == {key: facts_in(word) for key, word in french.items()}


def test_names_and_figures_keep_their_direction_where_it_is_not_that_of_the_language() -> None:
    arabic, french = speech_in("ar", zone="Africa/Casablanca"), speech_in("fr", zone="Africa/Casablanca")

    assert arabic.apart("Nour") == "\u2068Nour\u2069"
    assert (french.apart("Nour"), french.apart("نور")) == ("Nour", "\u2068نور\u2069")
    assert (arabic.decimal(87.25), french.decimal(87.25)) == ("87,2", "87,2")
    assert french.moment("2026-11-27T10:00:00+00:00") == "2026-11-27 10:00:00 (UTC+00:00)"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_proof_is_told_by_its_counts_and_a_short_one_pair_by_pair(language: Language) -> None:
    short, long = (document(pairs, language) for pairs in (3, MOST_LINES + 1))

    assert any(len(block.get("rows", ())) == 3 for block in short["blocks"])
    assert not any(len(block.get("rows", ())) > MOST_LINES for block in long["blocks"])
    assert any(str(MOST_LINES + 1) in str(block) for block in long["blocks"])


def document(pairs: int, language: Language) -> dict[str, Any]:
    challenge, file = str(UUID(int=1)), str(UUID(int=2))
    proof = [
        {"application_id": str(UUID(int=10 + number)), "challenge_id": challenge, "because": "not-ranked"}
        for number in range(pairs)
    ]
    draft = {
        "state": "published",
        "proposed_at": "2026-11-27T10:00:00+00:00",
        "proposed_by": "somebody",
        "content_digest": "c" * 64,
        "approvals_needed": 2,
        "changes": 0,
        "approvals": [],
    }
    place = {"order": [file], "order_from": "ranking", "places": 1, "at_least": 0}
    facts = {
        "kind": "results",
        "edition": {"id": str(UUID(int=3)), "title": {}, "city": "", "zone": "Africa/Casablanca"},
        "challenges": {challenge: {"title": {"fr": "Eau"}, "partner": "lydec"}},
        "juries": [],
        "drafts": [draft],
        "outcomes": [
            {"application_id": file, "outcome": "selected", "challenge_id": challenge, "changed_by": None},
        ],
        "vacated": {},
        "matching": {
            "market": {"startups": {file: [challenge]}, "challenges": {challenge: place}},
            "market_digest": "m" * 64,
            "matched": {file: challenge},
            "as_computed": True,
            "short": {},
            "proof": proof,
        },
        "reasons": {"owed": 0, "signed": []},
        "dissent": [],
        "published_at": "2026-11-27T11:00:00+00:00",
        "published_by": "somebody",
        "events": [],
    }
    words: dict[str, dict[str, str]] = {"startups": {}, "people": {}, "changes": {}, "dissent": {}}
    return document_of(facts, digest="d" * 64, words=words, language=language)


def told(words: dict[str, Any], of: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, word in words.items():
        found |= told(word, f"{of}{key}.") if isinstance(word, dict) else {f"{of}{key}": word}
    return found


def facts_in(word: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", word))
