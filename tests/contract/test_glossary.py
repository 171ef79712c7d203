"""Every word of the programme is in the glossary, in three languages."""

import re
import unicodedata
from pathlib import Path

import pytest

from infra.contracts.apps import permissions_of
from infra.contracts.schemas import carried
from infra.provision import SERVICES

GLOSSARY = (Path(__file__).resolve().parents[2] / "docs" / "glossary.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in GLOSSARY.splitlines()
    if line.startswith("| ") and not line.startswith("| English")
]
ENTRIES = {row[0]: row[1:] for row in ROWS}

# What a stage, an act or a role of the programme is called, however the code spells it.
WORDS = """
    edition challenge call deadline application team startup attachment draft revision screening admitted declined
    sealed jury juror conflict review score criterion ranking decision selected reserve results matching recusal
    project coach milestone evidence dataset grant licence workshop registration experimentation protocol
    indicator baseline measurement report authorise applicant staff partner city auditor citizen mail subscription
    webhook quarantine
"""

# Parts of event names that are grammar or plumbing rather than words of the programme.
NOT_TERMS = """
    Accepted Access Added After Amended Anew Announced Applications Appointed Approvals Approved Asked Assigned
    Authorised Cancelled Changed Closed Corrected Created Data Decisions Declared Delivered Discarded Drafted Ended
    Erased Expired Exported Extended Failed Files Focus Forgotten Formed Frozen Given Granted Group Lifted Made Not
    Noted Offered On Opened Ordered Passed Placed Planned Posted Postponed Proposed Published Quarantined Read
    Reasons Recorded Recused Refused Registered Released Removed Reported Requested Rescheduled Reserved Resolved
    Returned Revised Revoked Scheduled Sent Set Signed Started Stated Stopped Submitted Supplied Tables Taken Ties Told
    Voided Waived Withdrawn
"""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_an_entry_has_a_french_an_arabic_and_an_english_word_and_says_what_it_means(row: list[str]) -> None:
    english, french, arabic, meaning = row

    assert english
    assert french
    assert any(unicodedata.name(letter, "").startswith("ARABIC") for letter in arabic)
    assert not any(letter.isascii() and letter.isalpha() for letter in arabic)
    assert meaning.endswith(".")


def test_no_word_is_explained_twice() -> None:
    assert len(ENTRIES) == len(ROWS)


@pytest.mark.parametrize("word", WORDS.split())
def test_a_word_of_the_programme_is_explained(word: str) -> None:
    assert _explained(word)


@pytest.mark.parametrize("service", SERVICES)
def test_every_role_is_explained_by_its_own_letters(service: str) -> None:
    roles = set(permissions_of(service).roles)

    assert not [role for role in roles if f"`{role}`" not in GLOSSARY]


def test_every_noun_of_an_event_is_explained() -> None:
    nouns = {part for event in carried().values() for part in re.findall("[A-Z][a-z]+", event.__name__)}

    assert not sorted(noun for noun in nouns - set(NOT_TERMS.split()) if not _explained(noun.lower()))


def _explained(word: str) -> bool:
    return any(re.search(rf"\b{word}(s|es)?\b", term) for term in ENTRIES)
