"""How the minutes write files, challenges and outcomes, and the blocks that they are made of."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.selection.minutes.speech import Speech

Piece = str | dict[str, str] | list[Any]
"""Words, or what is drawn otherwise; a list of both stands in one line."""


class Names:
    """A file by its startup's name while that is held, else by the end of its id; a challenge by its title.

    A person by the name that staff gave it for minutes, if they did; an empty name is of somebody who was forgotten.
    """

    def __init__(self, facts: Mapping[str, Any], words: Mapping[str, Mapping[str, str]], speech: Speech) -> None:
        self._startups = words["startups"]
        self._people = words["people"]
        self._challenges = facts["challenges"]
        self._speech = speech

    def file(self, application_id: str) -> Piece:
        end = code(short(application_id))
        name = self._startups.get(application_id)
        return [f"{self._speech.apart(name)} ", end] if name else end

    def who(self, person_id: str) -> Piece:
        """In a cell of its own: the name that is held, and the id below it."""
        name = self._people.get(person_id)
        if name is None:
            return code(person_id)
        return [self._called(name), BREAK, code(person_id)]

    def person(self, person_id: str) -> Piece:
        """In a sentence: the id, after the name that is held."""
        name = self._people.get(person_id)
        return code(person_id) if name is None else [f"{self._called(name)} ", code(person_id)]

    def _called(self, name: str) -> str:
        return self._speech.apart(name) if name else self._speech.say("name_erased")

    def challenge(self, challenge_id: str) -> str:
        found = self._challenges.get(challenge_id)
        return self._speech.apart(self._speech.titled(found["title"])) if found else short(challenge_id)

    def partner(self, challenge_id: str) -> str:
        found = self._challenges.get(challenge_id)
        return str(found["partner"]) if found else ""

    def outcome(self, outcome: str) -> str:
        return self._speech.say("reserve_outcome" if outcome == "reserve" else outcome)


def short(id_: str) -> str:
    """The end of an id, which is its random part."""
    return id_[-12:]


def code(words: str) -> dict[str, str]:
    return {"kind": "code", "text": words}


def number(words: object) -> dict[str, str]:
    return {"kind": "number", "text": str(words)}


def strong(words: str) -> dict[str, str]:
    return {"kind": "strong", "text": words}


BREAK = {"kind": "break"}
"""The next piece stands below."""


def heading(level: int, words: Piece) -> dict[str, Any]:
    return {"kind": "heading", "level": level, "text": words}


def text(*pieces: Piece) -> dict[str, Any]:
    return {"kind": "text", "text": flat(pieces)}


def listed(items: Sequence[Sequence[Piece]]) -> dict[str, Any]:
    return {"kind": "list", "items": [flat(pieces) for pieces in items]}


def table(header: Sequence[Piece], rows: Sequence[Sequence[Piece]], *, widths: Sequence[str] = ()) -> dict[str, Any]:
    """Columns share the width; those that are "auto" take what they need."""
    return {
        "kind": "table",
        "widths": list(widths) or ["1"] * len(header),
        "header": [flat([cell]) for cell in header],
        "rows": [[{"cell": flat([cell])} for cell in row] for row in rows],
    }


def flat(pieces: Sequence[Piece]) -> list[str | dict[str, str]]:
    found: list[str | dict[str, str]] = []
    for piece in pieces:
        found += flat(piece) if isinstance(piece, list) else [piece]
    return found
