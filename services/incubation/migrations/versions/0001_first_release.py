"""Everything that incubation owns in its first release."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.backbone import create_backbone_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LOCK_PROTOCOL = (
    """
    CREATE FUNCTION refuse_protocol_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a registered protocol is locked: register another experimentation instead'
            USING ERRCODE = 'integrity_constraint_violation';
    END
    $$
    """,
    """
    CREATE TRIGGER protocol_is_locked BEFORE UPDATE ON experimentation
    FOR EACH ROW
    WHEN (
        (OLD.project_id, OLD.protocol, OLD.protocol_digest, OLD.starts_on, OLD.ends_on, OLD.zone)
        IS DISTINCT FROM
        (NEW.project_id, NEW.protocol, NEW.protocol_digest, NEW.starts_on, NEW.ends_on, NEW.zone)
    )
    EXECUTE FUNCTION refuse_protocol_change()
    """,
)


def upgrade() -> None:
    create_backbone_v1(op)
    op.create_table(
        "challenge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_challenge"),
    )
    op.create_table(
        "dataset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("offered_by", sa.Uuid(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dataset"),
    )
    op.create_index("ix_dataset_challenge_id", "dataset", ["challenge_id"], unique=False)
    op.create_index("ix_dataset_partner", "dataset", ["partner"], unique=False)
    op.create_table(
        "edition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_edition"),
    )
    op.create_table(
        "focus_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("numa_representative_id", sa.Uuid(), nullable=False),
        sa.Column("partner_representative_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("formed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_focus_group"),
        sa.UniqueConstraint("challenge_id", name="uq_focus_group_challenge_id"),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("member_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("coach_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_project"),
        sa.UniqueConstraint("application_id", name="uq_project_application_id"),
    )
    op.create_index("ix_project_challenge_id", "project", ["challenge_id"], unique=False)
    op.create_index("ix_project_coach_id", "project", ["coach_id"], unique=False)
    op.create_index("ix_project_member_ids", "project", ["member_ids"], unique=False, postgresql_using="gin")
    op.create_index("ix_project_partner", "project", ["partner"], unique=False)
    op.create_table(
        "startup",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_startup"),
    )
    op.create_table(
        "workshop",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("local", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tzdata_version", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("seats_taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("seats_taken BETWEEN 0 AND seats", name="ck_workshop_seats_taken"),
        sa.PrimaryKeyConstraint("id", name="pk_workshop"),
    )
    op.create_index("ix_workshop_starts_at", "workshop", ["starts_at", "id"], unique=False)
    op.create_table(
        "data_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name="fk_data_grant_dataset_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_data_grant_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_data_grant"),
    )
    op.create_index(
        "ix_data_grant_due", "data_grant", ["expires_at"], unique=False, postgresql_where=sa.text("state = 'granted'")
    )
    op.create_index("ix_data_grant_project_id", "data_grant", ["project_id"], unique=False)
    op.create_index(
        "uq_data_grant_live",
        "data_grant",
        ["dataset_id", "project_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('requested', 'granted')"),
    )
    op.create_table(
        "dataset_content",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.CheckConstraint("(content IS NULL) <> (url IS NULL)", name="ck_dataset_content_bytes_or_address"),
        sa.ForeignKeyConstraint(["id"], ["dataset.id"], name="fk_dataset_content_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dataset_content"),
    )
    op.create_table(
        "experimentation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("protocol_digest", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("means", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_experimentation_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_experimentation"),
    )
    op.create_index("ix_experimentation_project_id", "experimentation", ["project_id"], unique=False)
    op.create_index("ix_experimentation_state", "experimentation", ["state"], unique=False)
    op.create_table(
        "milestone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_milestone_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_milestone"),
    )
    op.create_index("ix_milestone_project_id", "milestone", ["project_id"], unique=False)
    op.create_table(
        "workshop_registration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshop.id"], name="fk_workshop_registration_workshop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_workshop_registration"),
        sa.UniqueConstraint("token_digest", name="uq_workshop_registration_token_digest"),
    )
    op.create_index("ix_workshop_registration_person_id", "workshop_registration", ["person_id"], unique=False)
    op.create_index("ix_workshop_registration_workshop_id", "workshop_registration", ["workshop_id"], unique=False)
    op.create_index(
        "uq_workshop_registration_email",
        "workshop_registration",
        ["workshop_id", "email_key"],
        unique=True,
        postgresql_where=sa.text("state = 'taken'"),
    )
    op.create_index(
        "uq_workshop_registration_person",
        "workshop_registration",
        ["workshop_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("state = 'taken'"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("links", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["milestone_id"], ["milestone.id"], name="fk_evidence_milestone_id"),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
        sa.UniqueConstraint("milestone_id", "attempt", name="uq_evidence_milestone_id_attempt"),
    )
    op.create_table(
        "licence_acceptance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["data_grant.id"], name="fk_licence_acceptance_grant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_licence_acceptance"),
        sa.UniqueConstraint("grant_id", "person_id", name="uq_licence_acceptance_grant_id_person_id"),
    )
    op.create_table(
        "measurement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("experimentation_id", sa.Uuid(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["experimentation_id"], ["experimentation.id"], name="fk_measurement_experimentation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_measurement"),
        sa.UniqueConstraint(
            "experimentation_id",
            "indicator",
            "measured_at",
            name="uq_measurement_experimentation_id_indicator_measured_at",
        ),
    )
    op.create_table(
        "read_receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name="fk_read_receipt_dataset_id"),
        sa.ForeignKeyConstraint(["grant_id"], ["data_grant.id"], name="fk_read_receipt_grant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_read_receipt"),
    )
    op.create_index("ix_read_receipt_dataset_id", "read_receipt", ["dataset_id"], unique=False)
    for statement in LOCK_PROTOCOL:
        op.execute(statement)


def downgrade() -> None:
    message = "The first release has nothing before it: drop the database instead."
    raise NotImplementedError(message)
