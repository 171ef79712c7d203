"""The newest words that each application's team handed in."""

from sqlalchemy import Subquery, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from services.selection.models import Dossier


def newest_dossiers() -> Subquery:
    """For a JOIN: what the newest revision that is held says; no row once erased."""
    return (
        select(
            col(Dossier.application_id),
            col(Dossier.startup),
            col(Dossier.title),
            col(Dossier.summary),
            col(Dossier.answers),
        )
        .ext(distinct_on(col(Dossier.application_id)))
        .order_by(col(Dossier.application_id), col(Dossier.revision).desc())
        .subquery()
    )
