"""How complete a draft is, as its team is told."""

from typing import Any

from pydantic import Field

from shared.http import View


class FindingView(View):
    """One thing to add or to correct."""

    pointer: str = Field(description="Where, as a JSON pointer into the draft.")
    field: str = Field(description="The form's field, or `title`, `summary`, `challenge_ids`.")
    code: str
    detail: str
    facts: dict[str, Any] = Field(description="What `detail` says in numbers, such as `counted` and `most`.")


class CompletenessView(View):
    """How far a draft is from what may be handed in now."""

    complete: bool
    done: int = Field(description="How many of the things that are required now are there, and right.")
    of: int
    missing: list[FindingView]
    problems: list[FindingView]
    not_asked: list[str] = Field(description="Answers that are kept and not handed in: another answer hides them.")
