"""What the minutes say of the matching: places, who got what, who is in reserve, and the proof."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from services.selection.minutes.naming import Names, Piece, code, heading, listed, number, table, text
from services.selection.minutes.speech import Speech

MOST_LINES = 200
"""Of a proof on paper; a longer one is told by its counts, and read whole where it can be checked."""

Block = dict[str, Any]


def matching_blocks(facts: Mapping[str, Any], names: Names, speech: Speech) -> list[Block]:
    matching = facts["matching"]
    if matching is None:
        return []
    blocks = [
        heading(1, speech.say("matching")),
        text(speech.say("matching_what")),
        text(speech.say("market"), code(matching["market_digest"])),
        text(speech.say("as_computed" if matching["as_computed"] else "not_as_computed")),
        _places(facts, names, speech),
    ]
    if matching["short"]:
        blocks.append(text(speech.say("short", count=len(matching["short"]))))
    return [*blocks, *_proof(matching["proof"], names, speech)]


def _places(facts: Mapping[str, Any], names: Names, speech: Speech) -> Block:
    matching = facts["matching"]
    reserve = {one["application_id"] for one in facts["outcomes"] if one["outcome"] == "reserve"}
    rows: list[list[Piece]] = []
    for challenge, one in sorted(matching["market"]["challenges"].items()):
        got = [file for file in one["order"] if matching["matched"].get(file) == challenge]
        got += [file for file, what in sorted(matching["matched"].items()) if what == challenge and file not in got]
        wishes = matching["market"]["startups"]
        waiting = [file for file in one["order"] if file in reserve and challenge in wishes.get(file, ())]
        rows.append(
            [
                names.challenge(challenge),
                number(one["places"]),
                speech.say(f"order_from_{one['order_from']}"),
                _joined(got, names, speech),
                _joined(waiting, names, speech),
            ]
        )
    header = [speech.say(key) for key in ("challenge", "seats", "order_from", "startups", "reserve")]
    return table(header, rows, widths=["1", "auto", "auto", "1", "1"])


def _joined(files: list[str], names: Names, speech: Speech) -> list[Any]:
    if not files:
        return [speech.say("none")]
    joined: list[Any] = []
    for file in files:
        joined += [speech.words["comma"], names.file(file)] if joined else [names.file(file)]
    return joined


def _proof(proof: list[dict[str, Any]], names: Names, speech: Speech) -> list[Block]:
    """The pairs that would both gain first, if somebody changed the matching by hand; then all that are at peace."""
    swapping = [line for line in proof if line["because"] == "both-would-rather"]
    blocks: list[Block] = []
    if swapping:
        blocks += [heading(2, speech.say("proof_broken")), _lines(swapping, names, speech)]
    peaceful = [line for line in proof if line["because"] != "both-would-rather"]
    blocks += [heading(2, speech.say("proof_rest" if swapping else "proof")), text(speech.say("proof_what"))]
    if not peaceful:
        return [*blocks, text(speech.say("none"))]
    if len(peaceful) <= MOST_LINES:
        return [*blocks, _lines(peaceful, names, speech)]
    counted = Counter(line["because"] for line in peaceful)
    items: list[list[Piece]] = [
        [_why({"because": why}, speech), ": ", number(count)] for why, count in sorted(counted.items())
    ]
    return [*blocks, text(speech.say("proof_long", count=len(peaceful))), listed(items)]


def _lines(proof: list[dict[str, Any]], names: Names, speech: Speech) -> Block:
    rows = [
        [names.file(line["application_id"]), names.challenge(line["challenge_id"]), _why(line, speech)]
        for line in proof
    ]
    return table([speech.say("file"), speech.say("challenge"), speech.say("pair_why")], rows)


def _why(line: Mapping[str, Any], speech: Speech) -> str:
    places = {key: line.get(key, "…") for key in ("has_place", "wished_place", "weakest_place", "place")}
    return speech.say(line["because"], **places)
