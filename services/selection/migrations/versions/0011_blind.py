"""What a juror reads of files: two views, and a role that can read nothing else.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

WITHOUT_NAME = r"""
CREATE FUNCTION without_name(words text, name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(
        CASE WHEN btrim(name) = '' THEN words ELSE regexp_replace(
            words,
            '(?<!\w)' || regexp_replace(
                regexp_replace(btrim(name), '([^\w\s])', '\\\1', 'g'), '\s+', '\\s+', 'g'
            ) || '(?!\w)',
            '▇▇▇',
            'gi'
        ) END,
        'https?://\S+|www\.\S+|[^\s@]+@[^\s@]+\.[^\s@]+', '▇▇▇', 'gi'
    )
$$
"""
"""The startup's own name, addresses and links; the name as a whole word, however it is written."""

ME = "NULLIF(current_setting('datacity.juror', true), '')::uuid"

IS_BLIND = f"""LATERAL (
    SELECT EXISTS (
        SELECT FROM jury AS judging
         WHERE judging.blind = 'both'
           AND candidate.challenge_ids @> ARRAY[judging.challenge_id]
           AND EXISTS (SELECT FROM seat AS own WHERE own.jury_id = judging.id AND own.juror_id = {ME})
    ) AS blind
) AS round ON true"""
"""A file that two juries judge is blind to who sits in both, if it is so in one: its id would tell."""

CANDIDATES = f"""
CREATE VIEW candidate_for_juror WITH (security_barrier) AS
SELECT DISTINCT
       dossier.application_id,
       dossier.revision,
       CASE WHEN round.blind THEN NULL ELSE dossier.startup END AS startup,
       CASE WHEN round.blind THEN without_name(dossier.title, dossier.startup) ELSE dossier.title END AS title,
       CASE WHEN round.blind THEN without_name(dossier.summary, dossier.startup) ELSE dossier.summary END AS summary
  FROM seat
  JOIN jury ON jury.id = seat.jury_id
  JOIN candidate ON candidate.challenge_ids @> ARRAY[jury.challenge_id] AND candidate.state = 'admitted'
  JOIN dossier ON dossier.application_id = candidate.id
  JOIN {IS_BLIND}
 WHERE seat.juror_id = {ME}
"""

FILES = rf"""
CREATE VIEW file_for_juror WITH (security_barrier) AS
SELECT review.id AS review_id,
       dossier.application_id,
       dossier.revision,
       CASE WHEN round.blind THEN NULL ELSE dossier.startup END AS startup,
       CASE WHEN round.blind THEN without_name(dossier.title, dossier.startup) ELSE dossier.title END AS title,
       CASE WHEN round.blind THEN without_name(dossier.summary, dossier.startup) ELSE dossier.summary END AS summary,
       CASE WHEN round.blind THEN (
           SELECT coalesce(jsonb_object_agg(key, without_name(value, dossier.startup)), '{{}}')
             FROM jsonb_each_text(dossier.answers)
       ) ELSE dossier.answers END AS answers,
       CASE WHEN round.blind THEN (
           SELECT coalesce(jsonb_agg(
                      one || jsonb_build_object('sha256', '', 'name', 'attachment-' || place
                          || coalesce(lower(substring(one->>'name' from '\.\w{{1,5}}$')), ''))
                      ORDER BY place
                  ), '[]')
             FROM jsonb_array_elements(dossier.attachments) WITH ORDINALITY AS listed(one, place)
       ) ELSE dossier.attachments END AS attachments
  FROM review
  JOIN candidate ON candidate.id = review.application_id AND candidate.state = 'admitted'
  JOIN dossier ON dossier.application_id = candidate.id
  JOIN {IS_BLIND}
 WHERE review.state IN ('assigned', 'submitted') AND review.juror_id = {ME}
"""

GRANTS = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'datacity_selection_juror') THEN
        RAISE EXCEPTION 'Provision the databases once more: the role datacity_selection_juror is missing';
    END IF;
    GRANT SELECT ON candidate_for_juror, file_for_juror TO datacity_selection_juror;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'datacity_selection') THEN
        REVOKE ALL ON candidate_for_juror, file_for_juror FROM datacity_selection;
    END IF;
END
$$
"""


def upgrade() -> None:
    op.add_column("jury", sa.Column("blind", sa.String(), nullable=False, server_default="applicants"))
    for statement in (WITHOUT_NAME, CANDIDATES, FILES, GRANTS):
        op.execute(statement)


def downgrade() -> None:
    message = "Restore a backup to go back: a blind round would show names."
    raise NotImplementedError(message)
