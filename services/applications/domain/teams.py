"""Who may join a team, and until when."""

from collections.abc import Collection, Sequence
from uuid import UUID

from shared.errors import Conflict, FieldError, Invalid, NotFound

MOST_MEMBERS = 20
MOST_LED = 10
"""Teams that one person leads: what one account can fill stays bounded."""


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
        "This team has handed in, and is judged as it was then: nobody joins it any more. "
        "Withdraw the application first, or form another team for another call."
    )


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


def require_room_to_lead(led: int) -> None:
    if led >= MOST_LED:
        raise TooManyTeams
