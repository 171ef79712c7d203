"""What applications holds on a person: in which columns, whose rows they are, and what forgetting does to them."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import col, or_, select

from services.applications.models import (
    Application,
    Attachment,
    AttachmentContent,
    Call,
    CallChallenge,
    CallForm,
    Challenge,
    Conflict,
    DeadlineRule,
    DraftVersion,
    Edition,
    Erasure,
    Hold,
    Invitation,
    Person,
    ReviewReader,
    Revision,
    Team,
    TeamMember,
    Upload,
    UploadPiece,
)
from shared.personal import Act, Held, Register


def _teams(person_id: UUID) -> ColumnElement[bool]:
    mine = select(TeamMember.team_id).where(col(TeamMember.person_id) == person_id)
    return or_(col(Team.id).in_(mine), col(Team.lead_id) == person_id)


def _applications(person_id: UUID) -> ColumnElement[bool]:
    return col(Application.team_id).in_(select(Team.id).where(_teams(person_id)))


def _revisions(person_id: UUID) -> ColumnElement[bool]:
    return col(Revision.application_id).in_(select(Application.id).where(_applications(person_id)))


def _draft_versions(person_id: UUID) -> ColumnElement[bool]:
    return col(DraftVersion.application_id).in_(select(Application.id).where(_applications(person_id)))


def _attachments(person_id: UUID) -> ColumnElement[bool]:
    return col(Attachment.application_id).in_(select(Application.id).where(_applications(person_id)))


def _uploads(person_id: UUID) -> ColumnElement[bool]:
    return col(Upload.application_id).in_(select(Application.id).where(_applications(person_id)))


def _left_alone(person_id: UUID) -> ColumnElement[bool]:
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
    return and_(_teams(person_id), ~others.exists())


def _team_of(application_id: UUID) -> ColumnElement[bool]:
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


def _contents_of(application_id: UUID) -> ColumnElement[bool]:
    attached = select(Attachment.id).where(col(Attachment.application_id) == application_id)
    return col(AttachmentContent.id).in_(attached)


def _pieces_of(application_id: UUID) -> ColumnElement[bool]:
    begun = select(Upload.id).where(col(Upload.application_id) == application_id)
    return col(UploadPiece.upload_id).in_(begun)


def invitations_about(person_id: UUID) -> ColumnElement[bool]:
    """Those to the person's address, and those of teams in which nobody else is left."""
    address = select(func.lower(Person.email)).where(col(Person.id) == person_id).scalar_subquery()
    alone = select(Team.id).where(_left_alone(person_id))
    return or_(func.lower(col(Invitation.email)) == address, col(Invitation.team_id).in_(alone))


SETTINGS = "names, zones and times of the programme"

REGISTER = Register(
    held=(
        # While it is still known at which address the person is reached.
        Held(table=Invitation, columns=("email",), of=invitations_about),
        Held(
            table=Invitation,
            columns=("invited_by", "answered_by"),
            of=lambda person_id: or_(col(Invitation.invited_by) == person_id, col(Invitation.answered_by) == person_id),
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(table=Person, columns=("name", "email", "language"), of=lambda person_id: col(Person.id) == person_id),
        # Files are read here while it is still known who belongs to them.
        Held(
            table=AttachmentContent,
            columns=("content",),
            of=lambda person_id: col(AttachmentContent.id).in_(select(Attachment.id).where(_attachments(person_id))),
            act=Act.KEEP,
            because="shared-file",
            with_file=_contents_of,
            deletes_with_file=True,
        ),
        Held(
            table=UploadPiece,
            columns=("content",),
            of=lambda person_id: col(UploadPiece.upload_id).in_(select(Upload.id).where(_uploads(person_id))),
            act=Act.KEEP,
            because="shared-file",
            with_file=_pieces_of,
            deletes_with_file=True,
        ),
        Held(
            table=Upload,
            columns=("name",),
            of=_uploads,
            act=Act.KEEP,
            because="shared-file",
            with_file=lambda application_id: col(Upload.application_id) == application_id,
            deletes_with_file=True,
        ),
        Held(
            table=Upload,
            columns=("begun_by",),
            of=lambda person_id: col(Upload.begun_by) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Attachment,
            columns=("name", "sha256"),
            of=_attachments,
            act=Act.KEEP,
            because="shared-file",
            with_file=lambda application_id: col(Attachment.application_id) == application_id,
            deletes_with_file=True,
        ),
        Held(
            table=Revision,
            columns=("startup", "title", "summary", "answers", "attachments", "salt"),
            of=_revisions,
            act=Act.KEEP,
            because="shared-file",
            with_file=lambda application_id: col(Revision.application_id) == application_id,
        ),
        Held(
            table=DraftVersion,
            columns=("changes", "aside"),
            of=_draft_versions,
            act=Act.KEEP,
            because="shared-file",
            with_file=lambda application_id: col(DraftVersion.application_id) == application_id,
            deletes_with_file=True,
        ),
        Held(
            table=DraftVersion,
            columns=("author_id",),
            of=lambda person_id: col(DraftVersion.author_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Application,
            columns=("title", "summary", "answers", "screening_words"),
            of=_applications,
            act=Act.KEEP,
            because="shared-file",
            with_file=lambda application_id: col(Application.id) == application_id,
        ),
        Held(
            table=Application,
            columns=("lead_id",),
            of=lambda person_id: col(Application.lead_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(table=Team, columns=("name",), of=_left_alone, with_file=_team_of),
        Held(table=Team, columns=("name",), of=_teams, act=Act.KEEP, because="shared-file"),
        Held(
            table=Team,
            columns=("lead_id",),
            of=lambda person_id: col(Team.lead_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=TeamMember,
            columns=("person_id",),
            of=lambda person_id: col(TeamMember.person_id) == person_id,
            act=Act.DELETE,
        ),
        Held(
            table=ReviewReader,
            columns=("juror_id",),
            of=lambda person_id: col(ReviewReader.juror_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Conflict,
            columns=("juror_id",),
            of=lambda person_id: col(Conflict.juror_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Erasure,
            columns=("id", "requested_by"),
            of=lambda person_id: or_(col(Erasure.id) == person_id, col(Erasure.requested_by) == str(person_id)),
            act=Act.KEEP,
            because="proof",
        ),
        Held(
            table=Hold,
            columns=("person_id", "reference", "placed_by"),
            of=lambda person_id: or_(col(Hold.person_id) == person_id, col(Hold.placed_by) == str(person_id)),
            act=Act.KEEP,
            because="proof",
        ),
    ),
    not_personal={
        Edition: SETTINGS,
        Challenge: "a partner's problem, published for everyone; it names the organisation",
        Call: SETTINGS,
        CallChallenge: SETTINGS,
        CallForm: "what a call asks of everyone",
        DeadlineRule: SETTINGS,
        Application: {
            "status": "a word of ours",
            "screening_reasons": "words of ours, from a list",
            "matched_partner": "an organisation",
        },
        Attachment: {
            "kind": "a word of ours",
            "media_type": "a word of ours",
            "field_id": "a word of the call's form",
        },
        Upload: {"field_id": "a word of the call's form"},
        Revision: {"digest": "says nothing once its salt is erased"},
        Hold: {"ground": "a word of ours"},
        TeamMember: {"role": "a word of ours"},
        Invitation: {
            "role": "a word of ours",
            "state": "a word of ours",
            "code_digest": "a digest of random bytes, which nobody but the invited person had",
        },
    },
)
