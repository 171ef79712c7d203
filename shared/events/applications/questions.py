"""What a call's form asks, in the words that the programme published: nobody's data, and the same for every reader."""

from pydantic import BaseModel, ConfigDict, Field

Words = dict[str, str]
"""By language."""


class Option(BaseModel):
    """What may be chosen; an answer holds its id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    label: Words


class AskedIf(BaseModel):
    """Asked only of who answered an earlier field with one of these."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field_id: str
    among: list[str]


class Question(BaseModel):
    """A field of the form, as applicants read it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: str = Field(description="How it is answered: text, long-text, number, choice, choices, yes-no, date, link, …")
    label: Words
    options: list[Option] = Field(default_factory=list, description="Of a choice or choices, in order.")
    asked_if: AskedIf | None = None


class Section(BaseModel):
    """A part of the form, with its questions in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: Words
    questions: list[Question]
