"""Which rows of applications are whose: those of a person, and those of a file."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import col, or_, select

from services.applications.models import (
    Application,
    Attachment,
    AttachmentContent,
    DraftVersion,
    Extension,
    InformationRequest,
    Invitation,
    Person,
    Revision,
    Screening,
    Team,
    TeamMember,
    Upload,
    UploadPiece,
)


def teams(person_id: UUID) -> ColumnElement[bool]:
    mine = select(TeamMember.team_id).where(col(TeamMember.person_id) == person_id)
    return or_(col(Team.id).in_(mine), col(Team.lead_id) == person_id)


def applications(person_id: UUID) -> ColumnElement[bool]:
    return col(Application.team_id).in_(select(Team.id).where(teams(person_id)))


def revisions(person_id: UUID) -> ColumnElement[bool]:
    return col(Revision.application_id).in_(select(Application.id).where(applications(person_id)))


def draft_versions(person_id: UUID) -> ColumnElement[bool]:
    return col(DraftVersion.application_id).in_(select(Application.id).where(applications(person_id)))


def screenings(person_id: UUID) -> ColumnElement[bool]:
    return col(Screening.id).in_(select(Application.id).where(applications(person_id)))


def requests(person_id: UUID) -> ColumnElement[bool]:
    return col(InformationRequest.application_id).in_(select(Application.id).where(applications(person_id)))


def attachments(person_id: UUID) -> ColumnElement[bool]:
    return col(Attachment.application_id).in_(select(Application.id).where(applications(person_id)))


def extensions(person_id: UUID) -> ColumnElement[bool]:
    return col(Extension.team_id).in_(select(Team.id).where(teams(person_id)))


def uploads(person_id: UUID) -> ColumnElement[bool]:
    return col(Upload.application_id).in_(select(Application.id).where(applications(person_id)))


def left_alone(person_id: UUID) -> ColumnElement[bool]:
    """Teams in which nobody else is left."""
    others = (
        select(TeamMember.id)
        .join(Person, col(Person.id) == col(TeamMember.person_id))
        .where(
            col(TeamMember.team_id) == col(Team.id),
            col(TeamMember.person_id) != person_id,
            col(Person.forgotten_at).is_(None),
        )
        .correlate(Team)
    )
    return and_(teams(person_id), ~others.exists())


def team_of(application_id: UUID) -> ColumnElement[bool]:
    """The file's team, once none of its other files says anything; the register erases files before it."""
    said = select(Revision.id).where(col(Revision.application_id) == col(Application.id), col(Revision.salt) != "")
    others = (
        select(Application.id)
        .where(
            col(Application.team_id) == col(Team.id),
            col(Application.id) != application_id,
            or_(col(Application.title).is_not(None), col(Application.summary).is_not(None), said.exists()),
        )
        .correlate(Team)
    )
    of_file = select(Application.team_id).where(col(Application.id) == application_id)
    return and_(col(Team.id).in_(of_file), ~others.exists())


def contents_of(application_id: UUID) -> ColumnElement[bool]:
    attached = select(Attachment.id).where(col(Attachment.application_id) == application_id)
    return col(AttachmentContent.id).in_(attached)


def pieces_of(application_id: UUID) -> ColumnElement[bool]:
    begun = select(Upload.id).where(col(Upload.application_id) == application_id)
    return col(UploadPiece.upload_id).in_(begun)


def invitations_about(person_id: UUID) -> ColumnElement[bool]:
    """Those to the person's address, and those of teams in which nobody else is left."""
    address = select(func.lower(Person.email)).where(col(Person.id) == person_id).scalar_subquery()
    alone = select(Team.id).where(left_alone(person_id))
    return or_(func.lower(col(Invitation.email)) == address, col(Invitation.team_id).in_(alone))
