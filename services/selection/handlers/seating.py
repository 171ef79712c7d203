"""Looks at a juror's ties before it takes its seat: whoever is tied to the partner is not seated, unless waived."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import col, select

from services.selection import repository
from services.selection.domain.conflict_graph import BINDS_TO_A_PARTNER
from services.selection.domain.juries import JurorBoundToPartner
from services.selection.domain.organisations import Organisation, key_of
from services.selection.handlers.inference import infer_in_jury
from services.selection.models import Candidate, Challenge, Jury, Waiver
from services.selection.ties import ties_of
from shared.work import Work


async def check_seats(jury: Jury, newcomers: Collection[UUID], work: Work) -> None:
    """Raise JurorBoundToPartner; else every conflict that ties show is proposed. The caller holds the ties.

    Whoever is in conflict with every file there is so far is seated, as others may come: `JuryView.in_conflict` warns.
    """
    if not newcomers:
        return
    challenge = await work.session.get_one(Challenge, jury.challenge_id)
    if bound := await _bound_to_partner(challenge, newcomers, work):
        raise JurorBoundToPartner(bound, partner=challenge.partner)
    query = (
        select(Candidate)
        .where(Candidate.state == repository.ADMITTED, col(Candidate.challenge_ids).contains([challenge.id]))
        .order_by(col(Candidate.id))
    )
    files = (await work.session.exec(query)).all()
    await infer_in_jury(work, jury, newcomers, files)


async def _bound_to_partner(challenge: Challenge, jurors: Collection[UUID], work: Work) -> list[UUID]:
    waivers = select(Waiver.juror_id).where(Waiver.challenge_id == challenge.id)
    waived = set((await work.session.exec(waivers)).all())
    partner = Organisation(key_of(challenge.partner))
    return [
        juror
        for juror, ties in sorted((await ties_of(work.session, jurors)).items())
        if juror not in waived
        and any(
            tie.kind in BINDS_TO_A_PARTNER and isinstance(tie.other, Organisation) and tie.other.is_same_as(partner)
            for tie in ties
        )
    ]
