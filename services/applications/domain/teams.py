"""Who may join a team, and until when."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, FieldError, Invalid, NotFound

MOST_MEMBERS = 20
MOST_LED = 10
"""Teams that one person leads: what one account can fill stays bounded."""


class Role(StrEnum):
    """What a member may do with the team's files."""

    EDITOR = "editor"
    READER = "reader"


class NotRegistered(Conflict):
    slug = "not-registered"
    message = "Tell us first how to reach you: PUT /people/me with your name, e-mail and language, then try again."


class NoContactYet(NotFound):
    slug = "no-contact-yet"
    message = "You have not told us how to reach you yet: PUT /people/me with your name, e-mail and language."


class UnknownMembers(Invalid):
    slug = "unknown-members"

    def __init__(self, positions: Sequence[int]) -> None:
        super().__init__(
            "Everyone in a team signs in and registers first (PUT /people/me). Ask them to, then add them.",
            errors=[
                FieldError(pointer=f"#/person_ids/{n}", detail="is not a registered person", code="not_registered")
                for n in positions
            ],
        )


class TeamFull(Conflict):
    slug = "team-full"
    message = f"A team has {MOST_MEMBERS} members at most."


class TooManyTeams(Conflict):
    slug = "too-many-teams"
    message = f"One person leads {MOST_LED} teams at most. Apply with one of those that you lead: GET /teams."


class TeamSettled(Conflict):
    slug = "team-settled"
    message = (
        "This team has handed in, and is judged as it was then: nobody joins or leaves it any more. "
        "Withdraw the application first, or form another team for another call."
    )


class LeadStays(Conflict):
    slug = "lead-stays"
    message = "The lead can't leave its team. Pass the lead on first: POST /teams/{id}/lead."


class NotAMember(NotFound):
    message = "There is nobody with this id in the team. GET /teams/{id} lists who is."


class AlreadyInTeam(Conflict):
    slug = "already-in-team"
    message = "You belong to this team already. Somebody else may still use the invitation."


class NoSuchTeam(NotFound):
    message = "There is no team with this id that you may see. List yours with GET /teams."


class NotYourTeam(NotFound):
    message = "There is no team with this id that you belong to. List yours with GET /teams."


def joining(
    wanted: Sequence[UUID], *, registered: Collection[UUID], members: Collection[UUID], has_handed_in: bool
) -> list[UUID]:
    """Who of those wanted is new to the team. Raises TeamSettled, UnknownMembers, TeamFull."""
    if has_handed_in:
        raise TeamSettled
    if strangers := [n for n, person in enumerate(wanted) if person not in registered]:
        raise UnknownMembers(strangers)
    new = [person for person in dict.fromkeys(wanted) if person not in members]
    if len(members) + len(new) > MOST_MEMBERS:
        raise TeamFull
    return new


def joins_by_invitation(person_id: UUID, *, members: Collection[UUID], has_handed_in: bool) -> None:
    """Raises TeamSettled, AlreadyInTeam, TeamFull."""
    if has_handed_in:
        raise TeamSettled
    if person_id in members:
        raise AlreadyInTeam
    if len(members) >= MOST_MEMBERS:
        raise TeamFull


def require_removable(person_id: UUID, *, lead_id: UUID, members: Collection[UUID], has_handed_in: bool) -> None:
    """Raises NotAMember, LeadStays, TeamSettled."""
    if person_id not in members:
        raise NotAMember
    if person_id == lead_id:
        raise LeadStays
    if has_handed_in:
        raise TeamSettled


def relations_of(role: str | None, *, leads: bool) -> frozenset[str]:
    """How a person stands to its team's files: None if it is no member."""
    if role is None:
        return frozenset()
    if leads:
        return frozenset({"member", "editor", "lead"})
    return frozenset({"member", "editor"}) if role == Role.EDITOR else frozenset({"member"})


def require_room_to_lead(led: int) -> None:
    if led >= MOST_LED:
        raise TooManyTeams
