"""The newest words that each application's team handed in."""

from sqlalchemy import Subquery
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, select

from services.selection.models import Dossier


def newest_dossiers() -> Subquery:
    """For a JOIN: application_id, startup and title of the newest revision that is held; no row once erased."""
    return (
        select(Dossier.application_id, Dossier.startup, Dossier.title)
        .ext(distinct_on(col(Dossier.application_id)))
        .order_by(col(Dossier.application_id), col(Dossier.revision).desc())
        .subquery()
    )
