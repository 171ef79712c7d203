"""Letters: each exists and can be read in three languages, and goes to whom its event concerns."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.notifications.letters import (
    DEADLINES_MOVED,
    LETTERS,
    OWN_DEADLINE_MOVED,
    TEMPLATES,
    Recipient,
    letters_about,
)
from services.notifications.smtp import MailRefused, Outgoing, Server, compose
from services.notifications.writing import LANGUAGES, words, write
from services.notifications.writing.context import both_times, deadline_in_words
from services.notifications.writing.vocabulary import KINDS, REASONS, in_language
from shared.events.applications import ApplicationDeclined, ScreeningTold

SECRETIVE = ("application_id", "edition_id", "review_id", "project_id", "dataset_id", "challenge_id", "workshop_id")
SAID: dict[str, Any] = {
    "challenge": "Moins <de> fuites",
    "reasons": ["first reason", "second reason"],
    "kind": "prototype",
    "workshop": "Atelier & café",
    "starts_at": "2016-12-07 18:00 UTC",
    "place": "2 rue Pierre et Marie Curie",
}
MOVED: dict[str, dict[str, Any]] = {
    DEADLINES_MOVED: {"because": "<why>", "deadline": "<until>", "opens_at": "<from>", "challenge_deadlines": []},
    OWN_DEADLINE_MOVED: {"because": "<why>", "deadline": "<until>"},
}


def facts_for(template: str) -> dict[str, Any]:
    """What the letter's table promises its template, and what is looked up by it; nothing else."""
    if template in MOVED:
        return MOVED[template]
    [letter] = [each for each in LETTERS if each.template == template]
    facts: dict[str, Any] = {name: f"<{name}>" for name in letter.facts if name not in SECRETIVE}
    if "challenge_id" in letter.facts:
        facts["challenge"] = SAID["challenge"]
    if "workshop_id" in letter.facts:
        facts |= {name: SAID[name] for name in ("workshop", "starts_at", "place")}
    if letter.to is Recipient.INVITED:
        facts |= {"team": "Équipe <inventée>", "code": "a-code"}
    return facts | {name: SAID[name] for name in ("reasons", "kind") if name in letter.facts}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_each_letter_is_written_in_each_language(template: str, language: str) -> None:
    facts = facts_for(template)

    written = write(
        template, language=language, name="Salma <b>Exemple</b>", url="https://datacity.example", facts=facts
    )

    assert written.language == language
    assert written.subject
    assert "\n" not in written.subject
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in written.html
    assert "<b>" not in written.html
    assert "Salma <b>Exemple</b>" in written.text
    for name, value in facts.items():
        for said in value if isinstance(value, list) else [value]:
            assert said in written.text, f"{name} is promised and not said"
            assert said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in written.html
    if language == "ar":
        assert any("\u0600" <= letter <= "\u06ff" for letter in written.subject)


def test_there_is_no_template_without_a_letter() -> None:
    for language in LANGUAGES:
        assert {path.stem for path in (words.TEMPLATES / language).iterdir()} == set(TEMPLATES)


def test_each_letter_names_fields_that_its_event_has() -> None:
    for letter in LETTERS:
        fields = set(letter.event.model_fields)
        assert set(letter.facts) <= fields, letter.template
        if letter.to in {Recipient.PERSON, Recipient.JUROR, Recipient.INVITED}:
            assert letter.to in fields
        else:
            assert (
                letter.to in fields or letter.event.KEY == "application_id" or letter.event.SUBJECT == "application_id"
            )


def test_no_letter_to_a_juror_holds_a_fact_about_the_applicant() -> None:
    for letter in LETTERS:
        if letter.to is Recipient.JUROR:
            assert not {"application_id", "lead_id", "member_ids"} & set(letter.facts)


def test_an_event_finds_its_letter() -> None:
    whose = {"application_id": UUID(int=1), "edition_id": UUID(int=2), "call_id": UUID(int=3), "lead_id": UUID(int=4)}
    declined = ApplicationDeclined.model_validate({**whose, "reasons": ["duplicate"]})
    told = ScreeningTold.model_validate({**whose, "admitted": False, "reasons": ["duplicate"], "revision": 1})
    good_news = ScreeningTold.model_validate({**whose, "admitted": True, "reasons": [], "revision": 1})

    assert letters_about(declined) == [], "not before all are told"
    assert [letter.template for letter in letters_about(told)] == ["declined"]
    assert [letter.template for letter in letters_about(good_news)] == ["admitted"]


def test_an_unknown_language_is_french_and_a_name_stays_on_its_line() -> None:
    written = write("registered", language="de", name="Salma\r\nBcc: all", url="https://x.example", facts={})

    assert written.language == "fr"
    assert written.text.splitlines()[0] == "Bonjour Salma Bcc: all,"


def test_shared_words_exist_in_each_language() -> None:
    for each in (*KINDS.values(), *REASONS.values()):
        assert set(each) == set(LANGUAGES)
    assert in_language({"en": "leaks"}, "ar") == "leaks"
    assert in_language({}, "ar") == ""


def test_times_are_said_in_the_zone_and_in_utc() -> None:
    instant = datetime(2020, 2, 15, 12, tzinfo=UTC)

    assert both_times(instant, "Africa/Casablanca") == "2020-02-15 13:00 Africa/Casablanca (2020-02-15 12:00 UTC)"
    assert both_times(instant, None) == "2020-02-15 12:00 UTC"
    deadline = {"local": "2017-02-28T23:59:00", "zone": "Africa/Casablanca", "instant": "2017-02-28T23:59:00Z"}
    assert deadline_in_words(deadline) == "2017-02-28 23:59 Africa/Casablanca (2017-02-28 23:59 UTC)"


def outgoing(**changes: Any) -> Outgoing:
    made: dict[str, Any] = {
        "id": UUID(int=7),
        "about_event_id": UUID(int=8),
        "template": "registered",
        "language": "ar",
        "name": "سلمى مثال",
        "address": "salma@example.org",
        "subject": "تسجيلك",
        "text": "مرحبا",
        "html": "<p>مرحبا</p>",
        "created_at": datetime(2017, 2, 28, tzinfo=UTC),
    }
    return Outgoing(**made | changes)


def test_the_same_mail_makes_the_same_message() -> None:
    first, second = (compose(outgoing(), sender="DataCity <no-reply@datacity.example>") for _ in range(2))

    assert first["Message-ID"] == second["Message-ID"] == f"<{UUID(int=7)}@datacity.example>"
    assert first["Date"] == second["Date"]
    assert first["Content-Language"] == "ar"
    assert first.get_content_type() == "multipart/alternative"
    assert first["To"].addresses[0].display_name == "سلمى مثال"


@pytest.mark.parametrize(
    "address",
    ["nobody", "a b@example.org", "x@example.org\nBcc: y@example.org", "", "é@exämple.org", "<>", "a@b@c.org"],
)
def test_a_malformed_address_is_refused_for_good(address: str) -> None:
    with pytest.raises(MailRefused) as refused:
        compose(outgoing(address=address), sender="DataCity <no-reply@datacity.example>")

    assert refused.value.final
    assert "@" not in refused.value.problem


def test_a_server_is_read_from_its_url() -> None:
    assert Server.at("smtp://127.0.0.1:2525") == Server(
        host="127.0.0.1", port=2525, tls=False, username=None, password=None
    )
    assert Server.at("smtps://me%40x:p%2Fw@mail.example") == Server(
        host="mail.example", port=465, tls=True, username="me@x", password="p/w"
    )
