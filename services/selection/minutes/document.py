"""What the minutes say, block by block, in one language: a pure function of the facts and of people's words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.selection.minutes.juries import jury_blocks
from services.selection.minutes.matching import matching_blocks
from services.selection.minutes.naming import BREAK, Names, Piece, code, heading, strong, table, text
from services.selection.minutes.speech import Language, Speech, speech_in


def document_of(
    facts: Mapping[str, Any], *, digest: str, words: Mapping[str, Mapping[str, str]], language: Language
) -> dict[str, Any]:
    """The document as plain JSON, which the template only draws."""
    speech = speech_in(language, zone=facts["edition"]["zone"])
    names = Names(facts, words, speech)
    published = datetime.fromisoformat(facts["published_at"]).astimezone(speech.zone)
    promotion = facts["kind"] == "promotion"
    return {
        "language": language,
        "title": speech.say("title_promotion" if promotion else "title"),
        "edition": speech.titled(facts["edition"]["title"]) or speech.say("edition", id=facts["edition"]["id"]),
        "subtitle": speech.say("subtitle", when=speech.moment(facts["published_at"])),
        "day": [published.year, published.month, published.day],
        "blocks": [
            text(speech.say("what")),
            text(strong(speech.say("digest")), code(digest)),
            text(speech.say("digest_why")),
            *([] if promotion else _juries(facts, names, speech)),
            heading(1, speech.say("deliberation")),
            *_drafts(facts, names, speech),
            *_changes(facts, words, names, speech),
            *_dissent(facts, words, names, speech),
            *matching_blocks(facts, names, speech),
            *_outcomes(facts, names, speech),
            *_journal(facts, speech),
            {"kind": "signatures", "of": [speech.say("president"), speech.say("secretary")]},
        ],
    }


def _juries(facts: Mapping[str, Any], names: Names, speech: Speech) -> list[dict[str, Any]]:
    blocks = [heading(1, speech.say("juries"))]
    for jury in facts["juries"]:
        blocks += jury_blocks(jury, names, speech)
    return blocks


def _drafts(facts: Mapping[str, Any], names: Names, speech: Speech) -> list[dict[str, Any]]:
    """Each proposal with its approvals, also those that gave way."""
    blocks: list[dict[str, Any]] = []
    for draft in facts["drafts"]:
        said: list[Piece] = [
            speech.say("proposed", when=speech.moment(draft["proposed_at"])),
            names.person(draft["proposed_by"]),
        ]
        if draft["state"] == "superseded":
            said.append(f" ({speech.say('superseded')})")
        blocks.append(text(*said, ". " + speech.say("by_hand", changes=draft["changes"])))
        if draft["content_digest"]:
            blocks.append(text(speech.say("content"), code(draft["content_digest"])))
            blocks.append(text(speech.say("approvals_rule", needed=draft["approvals_needed"])))
        if draft["approvals"]:
            header = [speech.say(key) for key in ("approver", "when", "state")]
            blocks.append(table(header, [_approval(one, names, speech) for one in draft["approvals"]]))
    blocks.append(
        text(speech.say("published", when=speech.moment(facts["published_at"])), names.person(facts["published_by"]))
    )
    return blocks


def _approval(approval: Mapping[str, Any], names: Names, speech: Speech) -> list[Piece]:
    standing = speech.say("counts")
    if approval["voided_at"] is not None:
        standing = speech.say("voided", why=speech.of("voided_why", approval["voided_because"]))
    return [names.who(approval["approver_id"]), speech.moment(approval["approved_at"]), standing]


def _changes(
    facts: Mapping[str, Any], words: Mapping[str, Mapping[str, str]], names: Names, speech: Speech
) -> list[dict[str, Any]]:
    changed = [one for one in facts["outcomes"] if one["changed_by"]]
    if not changed:
        return []
    rows = [
        [
            names.file(one["application_id"]),
            names.outcome(one["outcome"]),
            names.who(one["changed_by"]),
            _quoted(words["changes"].get(one["application_id"]), speech),
        ]
        for one in changed
    ]
    header = [speech.say(key) for key in ("file", "outcome", "by", "because")]
    return [heading(2, speech.say("changed_by_hand")), table(header, rows)]


def _dissent(
    facts: Mapping[str, Any], words: Mapping[str, Mapping[str, str]], names: Names, speech: Speech
) -> list[dict[str, Any]]:
    blocks = [heading(2, speech.say("dissent"))]
    if not facts["dissent"]:
        return [*blocks, text(speech.say("no_dissent"))]
    for one in facts["dissent"]:
        said: list[Piece] = [
            speech.say("dissent_of", when=speech.moment(one["made_at"])),
            names.person(one["juror_id"] or one["made_by"]),
        ]
        if one["juror_id"]:
            said += [speech.say("dissent_for"), names.person(one["made_by"]), ")"]
        if one["application_id"]:
            said += [" – ", names.file(one["application_id"])]
        blocks.append(text(*said, ": ", _quoted(words["dissent"].get(one["id"]), speech)))
    return blocks


def _quoted(said: str | None, speech: Speech) -> str:
    """Somebody's words, whatever their direction; or that they are erased."""
    return speech.apart(said) if said else speech.say("erased")


def _outcomes(facts: Mapping[str, Any], names: Names, speech: Speech) -> list[dict[str, Any]]:
    order = {"selected": 0, "reserve": 1, "not-selected": 2}
    rows = [
        [
            names.file(one["application_id"]),
            names.outcome(one["outcome"]),
            names.challenge(one["challenge_id"]) if one["challenge_id"] else speech.say("none"),
        ]
        for one in sorted(facts["outcomes"], key=lambda one: (order[one["outcome"]], one["application_id"]))
    ]
    blocks = [
        heading(1, speech.say("outcomes")),
        table([speech.say("file"), speech.say("outcome"), speech.say("challenge")], rows),
    ]
    if facts["vacated"]:
        left = [[names.file(file), names.challenge(challenge)] for file, challenge in sorted(facts["vacated"].items())]
        blocks += [heading(2, speech.say("vacated")), table([speech.say("file"), speech.say("challenge")], left)]
    reasons = facts["reasons"]
    if reasons["owed"]:
        blocks.append(text(speech.say("reasons", signed=len(reasons["signed"]), owed=reasons["owed"])))
    return blocks


def _journal(facts: Mapping[str, Any], speech: Speech) -> list[dict[str, Any]]:
    rows: list[list[Piece]] = [
        [
            [code(one["type"].removeprefix("io.datacity.")), BREAK, code(one["sha256"])],
            speech.moment(one["happened_at"]),
        ]
        for one in facts["events"]
    ]
    header: list[Piece] = [speech.say("event"), speech.say("when")]
    return [
        heading(1, speech.say("journal")),
        text(speech.say("journal_what")),
        table(header, rows, widths=["1", "auto"]),
    ]
