"""Routes of ties: a juror's interests, a startup's, and what staff note. Only GET and PUT show whom they are to."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.selection.commands.ties import NoteTie, RemoveTie, StatedTie, StateInterests, StateTeamTies
from services.selection.domain.conflict_graph import Source, TieKind
from services.selection.handlers import interests
from services.selection.handlers.conflicts import NoSuchCandidate
from services.selection.models import Candidate, Interest, Statement
from services.selection.permissions import PERMISSIONS, authorise_or_hide, person_id
from services.selection.views import interests as views
from shared.http import Body, IfMatch, Page, PagingDep, ShortText, View, WorkDep, does, service_router, set_etag
from shared.identity import Resource
from shared.work import Work

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["ties"])

StatedKind = Literal["employer", "shareholder", "mentor"]
Competence = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Registration = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z .\-/]{0,39}$")]


class TieBody(Body):
    """A tie to an organisation, by its name, or to a person known here, by its id."""

    kind: StatedKind
    organisation: ShortText | None = None
    registration: Registration | None = Field(
        default=None, description="The organisation's number in a register (in Morocco the ICE), if you know it."
    )
    person_id: UUID | None = None

    @model_validator(mode="after")
    def _to_one(self) -> Self:
        if (self.organisation is None) == (self.person_id is None):
            raise PydanticCustomError("to_one", "A tie is to an organisation or to a person: name one of the two")
        if self.registration is not None and self.organisation is None:
            raise PydanticCustomError("number_alone", "A registration number comes with the organisation's name")
        return self

    def tie(self) -> StatedTie:
        return StatedTie(
            kind=TieKind(self.kind),
            organisation=self.organisation,
            registration=self.registration,
            person_id=self.person_id,
        )


Ties = Annotated[list[TieBody], Field(max_length=50)]


class InterestsBody(Body):
    """Whom the juror works for, owns a part of, or mentors, and what it knows: all of it, instead of what was there."""

    ties: Ties
    competences: Annotated[list[Competence], Field(max_length=20)] = Field(
        default_factory=list, description="Fields that files are about, in the programme's words, such as `water`."
    )


class TeamTiesBody(Body):
    """Who employs the startup's people, owns a part of it, or mentors it: all of it, in place of what was there."""

    ties: Ties


class NoteTieBody(TieBody):
    """A tie that staff know of: of a person (a juror, a mentor, a shareholder) or of an application."""

    of_person_id: UUID | None = None
    of_application_id: UUID | None = None

    @model_validator(mode="after")
    def _of_one(self) -> Self:
        if (self.of_person_id is None) == (self.of_application_id is None):
            raise PydanticCustomError("of_one", "A tie is of a person or of an application: name one of the two")
        return self


class StatedTieView(View):
    kind: str
    organisation: str | None
    registration: str | None
    person_id: UUID | None
    source: Source
    stated_at: datetime


class InterestsView(View):
    """What a juror stated. `claim` is the source of what its sign-in vouches for, which it can't take back here."""

    version: int
    ties: list[StatedTieView]
    competences: list[str]
    stated_at: datetime | None


class TeamTiesView(View):
    version: int
    application_id: UUID
    ties: list[StatedTieView]
    stated_at: datetime | None


class NotedTieView(View):
    """A tie, without whom it is to: answers to a POST are kept for a repeat, names only where they can be erased."""

    id: UUID
    version: int
    kind: str
    of_person_id: UUID | None
    of_application_id: UUID | None


class TieView(NotedTieView):
    organisation: str | None
    registration: str | None
    person_id: UUID | None
    source: Source
    stated_by: str
    stated_at: datetime


@router.get("/jurors/me/interests", **does("state_interests"))
async def read_my_interests(work: WorkDep, response: Response) -> InterestsView:
    me = person_id(work.actor)
    statement = await views.statement_of(work.session, person_id=me)
    set_etag(response, statement.version if statement else 0)
    return await _interests(me, statement, work)


@router.put("/jurors/me/interests", **does("state_interests"))
async def state_my_interests(body: InterestsBody, version: IfMatch, work: WorkDep, response: Response) -> InterestsView:
    """The first time there is nothing to match: send `If-Match: "0"`, the ETag of what GET answers then."""
    me = person_id(work.actor)
    command = StateInterests(
        juror_id=me,
        version=version,
        ties=tuple(tie.tie() for tie in body.ties),
        competences=tuple(body.competences),
    )
    statement = await interests.state_interests(command, work)
    set_etag(response, statement.version)
    return await _interests(me, statement, work)


@router.get("/candidates/{application_id}/ties", **does("state_team_ties"))
async def read_team_ties(application_id: UUID, work: WorkDep, response: Response) -> TeamTiesView:
    candidate = await work.session.get(Candidate, application_id)
    of_team = candidate is not None and await views.belongs_to_team(work.session, person_id(work.actor), candidate)
    relations = {"member"} if of_team else frozenset[str]()
    authorise_or_hide(work.actor, "state_team_ties", Resource(relations), hidden=NoSuchCandidate())
    statement = await views.statement_of(work.session, application_id=application_id)
    set_etag(response, statement.version if statement else 0)
    return await _team_ties(application_id, statement, work)


@router.put("/candidates/{application_id}/ties", **does("state_team_ties"))
async def state_team_ties(
    application_id: UUID, body: TeamTiesBody, version: IfMatch, work: WorkDep, response: Response
) -> TeamTiesView:
    command = StateTeamTies(application_id=application_id, version=version, ties=tuple(tie.tie() for tie in body.ties))
    statement = await interests.state_team_ties(command, person_id(work.actor), work)
    set_etag(response, statement.version)
    return await _team_ties(application_id, statement, work)


@router.get("/ties", **does("note_ties"))
async def list_ties(
    work: WorkDep,
    paging: PagingDep,
    person: Annotated[UUID | None, Query(description="Whose.")] = None,
    application: UUID | None = None,
) -> Page[TieView]:
    after = paging.after(UUID)
    rows = await views.ties(
        work.session,
        reader=person_id(work.actor),
        person=person,
        application=application,
        after=after[0] if after else None,
        limit=paging.fetch,
    )
    return paging.page(rows, key=lambda row: (row.id,), view=_tie)


@router.post("/ties", status_code=201, **does("note_ties"))
async def note_tie(body: NoteTieBody, work: WorkDep) -> NotedTieView:
    command = NoteTie(tie=body.tie(), person_id=body.of_person_id, application_id=body.of_application_id)
    row = await interests.note_tie(command, person_id(work.actor), work)
    return NotedTieView.model_validate(_noted(row))


@router.delete("/ties/{tie_id}", status_code=204, **does("note_ties"))
async def remove_tie(tie_id: UUID, version: IfMatch, work: WorkDep) -> None:
    await interests.remove_tie(RemoveTie(tie_id=tie_id, version=version), work)


async def _interests(me: UUID, statement: Statement | None, work: Work) -> InterestsView:
    rows = await views.interests_of(work.session, person_id=me)
    return InterestsView(
        version=statement.version if statement else 0,
        ties=[_stated(row) for row in rows],
        competences=statement.competences if statement else [],
        stated_at=statement.stated_at if statement else None,
    )


async def _team_ties(application_id: UUID, statement: Statement | None, work: Work) -> TeamTiesView:
    rows = await views.interests_of(work.session, application_id=application_id)
    return TeamTiesView(
        version=statement.version if statement else 0,
        application_id=application_id,
        ties=[_stated(row) for row in rows],
        stated_at=statement.stated_at if statement else None,
    )


def _stated(row: Interest) -> StatedTieView:
    return StatedTieView(
        kind=row.kind,
        organisation=row.organisation,
        registration=row.registration,
        person_id=row.other_person_id,
        source=Source(row.source),
        stated_at=row.stated_at,
    )


def _noted(row: Interest) -> dict[str, object]:
    return {
        "id": row.id,
        "version": row.version,
        "kind": row.kind,
        "of_person_id": row.person_id,
        "of_application_id": row.application_id,
    }


def _tie(row: Interest) -> TieView:
    return TieView.model_validate(
        {**_noted(row), **_stated(row).model_dump(exclude={"kind"}), "stated_by": row.stated_by}
    )
