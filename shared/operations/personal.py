"""By which staff see what forgetting a person would do, and take out what is held on it, to give it to that person."""

from collections.abc import Sequence
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from shared.events.erasures import WHY_KEPT, KeptBecause
from shared.http import ActorDep, View, WorkDep, WorksDep, current_correlation_id, does
from shared.personal import Register
from shared.personal.erasing import Survey, survey_person
from shared.personal.exporting import Piece, export_person

Files = Annotated[
    Sequence[UUID],
    Query(max_length=100, description="Applications that would be forgotten too; applications says which."),
]


class PieceView(View):
    """What one row says, where it is, and for what it is held."""

    table: str
    row: dict[str, Any] = Field(description="The row's primary key.")
    says: dict[str, Any] = Field(description="Column → value; bytes as base64.")
    purposes: dict[str, str] = Field(description="Column → for what it is held.")


class PersonalDataView(View):
    """All that one service holds on a person."""

    service: str
    person_id: UUID
    pieces: list[PieceView]

    @classmethod
    def of(cls, service: str, person_id: UUID, pieces: list[Piece]) -> Self:
        shown = [PieceView.model_validate(piece) for piece in pieces]
        return cls(service=service, person_id=person_id, pieces=shown)


class KeptView(View):
    table: str
    rows: int
    because: KeptBecause
    why: str


class SurveyView(View):
    """What forgetting a person would do here, in numbers."""

    service: str
    person_id: UUID
    erased: dict[str, int] = Field(description="Table → rows that would be deleted, or of which words would go.")
    kept: list[KeptView]

    @classmethod
    def of(cls, service: str, person_id: UUID, survey: Survey) -> Self:
        kept = [
            KeptView(table=each.table, rows=each.rows, because=each.because, why=WHY_KEPT[each.because])
            for each in survey.kept
        ]
        return cls(service=service, person_id=person_id, erased=survey.erased, kept=kept)


def add_personal_routes(router: APIRouter, *, service: str, register: Register) -> None:
    @router.get("/people/{person_id}", **does("export_personal_data"))
    async def survey_personal_data(person_id: UUID, work: WorkDep, file: Files = ()) -> SurveyView:
        """What would be erased here, and what kept and why, if the person were forgotten with these files."""
        return SurveyView.of(service, person_id, await survey_person(register, person_id, work, files=file))

    # Its answer is not stored for a repetition: it is full of what should not lie about.
    @router.post("/people/{person_id}/export", **does("export_personal_data", transaction=False))
    async def export_personal_data(person_id: UUID, works: WorksDep, actor: ActorDep) -> PersonalDataView:
        """What this service holds on a person; that it was taken out is told as an event."""
        async with works.begin(actor=actor, correlation_id=current_correlation_id()) as work:
            pieces = await export_person(register, person_id, work)
        return PersonalDataView.of(service, person_id, pieces)
