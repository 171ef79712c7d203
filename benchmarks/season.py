"""A call that is open and many drafts ready to be handed in, each by a lead of its own."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.applications.commands import AnnounceCall, AnnounceEdition, DeclareChallenge, WallTime
from services.applications.domain.applications import Status
from services.applications.handlers import programme
from services.applications.models import Application, Person, Team, TeamMember
from shared.database import new_id
from shared.identity import Actor
from shared.work import Works

SUMMARY = "An invented startup listens to the pipes of an invented city, and hears the water that is lost. " * 3
PROBLEM = "Leaks are found late, by those who walk through them. " * 4
TITLE = "Ears on the pipes"


async def open_season(works: Works, drafts: int) -> list[tuple[UUID, UUID]]:
    """Application and lead of each draft. The programme is announced by the use cases, the drafts are put in whole."""
    now = datetime.now(UTC)
    staff = Actor(person_id=str(new_id()), roles=frozenset({"staff"}), organisation="numa")
    partner = Actor(person_id=str(new_id()), roles=frozenset({"partner"}), organisation="inwi")
    past = now - timedelta(days=2)
    async with works.begin(actor=staff, now=past) as work:
        edition = await programme.announce_edition(
            AnnounceEdition(city="Casablanca", title={"fr": "Première édition"}, zone="UTC"), work
        )
    async with works.begin(actor=partner, now=past) as work:
        declare = DeclareChallenge(edition_id=edition.id, title={"fr": "Des fuites"}, description={"fr": "Un réseau."})
        challenge = await programme.declare_challenge(declare, work)
    async with works.begin(actor=staff, now=past) as work:
        await programme.publish_challenge(challenge.id, work)
    async with works.begin(actor=staff, now=past) as work:
        call = await programme.announce_call(
            AnnounceCall(
                edition_id=edition.id,
                challenge_ids=[challenge.id],
                opens=WallTime((past + timedelta(hours=1)).replace(tzinfo=None), "UTC"),
                closes=WallTime((now + timedelta(days=2)).replace(tzinfo=None), "UTC"),
                challenge_deadlines={},
                shortest=timedelta(0),
            ),
            work,
        )
    people = [
        Person(name="X", email="x@people.example", language="fr", created_at=now, updated_at=now) for _ in range(drafts)
    ]
    teams = [Team(name="Invented Sensors", lead_id=person.id, created_at=now) for person in people]
    members = [TeamMember(team_id=team.id, person_id=team.lead_id, joined_at=now) for team in teams]
    applications = [
        Application(
            call_id=call.id,
            edition_id=edition.id,
            team_id=team.id,
            lead_id=team.lead_id,
            status=Status.DRAFT,
            title=TITLE,
            summary=SUMMARY,
            answers={"problem": PROBLEM},
            challenge_ids=[challenge.id],
            created_at=now,
            updated_at=now,
        )
        for team in teams
    ]
    async with works.begin(now=now) as work:
        for rows in (people, teams, members, applications):
            work.session.add_all(rows)
            await work.session.flush()  # one kind after the other, as each refers to the one before
    return [(application.id, application.lead_id) for application in applications]
