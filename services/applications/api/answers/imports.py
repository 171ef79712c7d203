"""What became of an import, line by line."""

from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from services.applications.domain.imports import Outcome
from shared.errors import DomainError
from shared.http import View


class LineProblem(BaseModel):
    """Why a line was refused."""

    type: str = Field(description="The last part of a problem's type.")
    detail: str
    errors: list[dict[str, Any]]


class ImportedView(View):
    """What became of a line, or would."""

    line: int
    outcome: Outcome
    application_id: UUID | None = Field(description="Of a dry run that begins one, it is gone again.")
    lacks: list[str] = Field(description="What the draft still lacks to be handed in, as JSON pointers.")
    problem: LineProblem | None

    @classmethod
    def refused(cls, line: int, refusal: DomainError) -> Self:
        errors = [{"pointer": e.pointer, "detail": e.detail, "code": e.code} for e in refusal.errors]
        problem = LineProblem(type=refusal.slug, detail=refusal.message, errors=errors)
        return cls(line=line, outcome=Outcome.REFUSED, application_id=None, lacks=[], problem=problem)


class ImportView(View):
    """A whole import, in the order of its lines, empty ones not counted."""

    dry_run: bool
    refused: int
    lines: list[ImportedView]
