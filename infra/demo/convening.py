"""Chapter: everyone signs in, the edition is announced, partners declare challenges, a workshop is open to all."""

from datetime import UTC, datetime, timedelta
from typing import Any

from infra.demo.client import Refused
from infra.demo.people import CHALLENGES, PARTNERS, Person
from infra.demo.story import Story, listed, side_by_side

APPLICATIONS = "/api/applications/v1"
INCUBATION = "/api/incubation/v1"
NOTIFICATIONS = "/api/notifications/v1"
ZONE = "Africa/Casablanca"
PRECONDITION_REQUIRED = 428
SHORTEST_SEASON = 20
SEASON_PER_REGISTRATION = 15

WEBHOOK_TYPES = (
    "io.datacity.application.selected.v1",
    "io.datacity.milestone.planned.v1",
    "io.datacity.milestone.evidence-submitted.v1",
    "io.datacity.milestone.approved.v1",
    "io.datacity.milestone.returned.v1",
    "io.datacity.experimentation.reported.v1",
)


async def convene(story: Story) -> None:
    """From nothing to a programme with three published challenges."""
    story.narrator.chapter("Co-construire Casablanca Smart City")
    platform, cast, tell = story.platform, story.cast, story.narrator.tell
    story.starts_after = (await platform.get(cast.staff, f"{NOTIFICATIONS}/summary"))["head"]
    began = story.narrator.seconds
    await side_by_side(*(register(story, person) for person in cast.people))
    # To apply takes a startup several requests and a check of its deck: on a busy machine a short season would be
    # over before the last of them could hand in.
    story.season = min(max(SHORTEST_SEASON, round(SEASON_PER_REGISTRATION * (story.narrator.seconds - began))), 180)
    tell(f"{len(cast.people)} people leave their address: staff, partners, jurors, a coach, the City, founders.")
    edition = await platform.post(
        cast.staff,
        f"{APPLICATIONS}/editions",
        {
            "city": "Casablanca",
            "title": {"fr": f"#DataCity Casablanca, essai {story.run}", "ar": "داتا سيتي الدار البيضاء"},
            "zone": ZONE,
        },
    )
    story.edition = edition["id"]
    for slug, words in CHALLENGES.items():
        challenge = await platform.post(
            cast.partners[slug], f"{APPLICATIONS}/challenges", {"edition_id": story.edition, **words}
        )
        await platform.post(cast.staff, f"{APPLICATIONS}/challenges/{challenge['id']}/publish")
        story.challenges[slug] = challenge["id"]
    tell(f"{listed(list(PARTNERS.values()))} each declare a challenge; Numa publishes them.")
    await subscribe(story)
    await hold_workshop(story)


async def register(story: Story, person: Person) -> None:
    """Leave one's address; a service that died after it had saved it may be asked once more."""
    path, platform = f"{APPLICATIONS}/people/me", story.platform
    contact = {"name": person.name, "email": person.email, "language": person.language}
    try:
        await platform.put(person, path, contact)
    except Refused as refusal:
        if refusal.status != PRECONDITION_REQUIRED:
            raise
        await platform.put(person, path, contact, tag=await platform.tag(person, path))


async def subscribe(story: Story) -> None:
    for slug, partner in story.cast.partners.items():
        await unsubscribe(story, partner)
        subscription = await story.platform.post(
            partner,
            f"{NOTIFICATIONS}/subscriptions",
            {"url": story.receiver.url(slug), "types": list(WEBHOOK_TYPES)},
        )
        story.receiver.secrets[slug] = subscription["secret"]
    story.narrator.tell("Partners subscribe to their milestones; each gets a secret to verify signatures with.")


async def unsubscribe(story: Story, partner: Person) -> None:
    """Cancel what the partner still subscribes to: an earlier run's endpoint no longer listens."""
    path = f"{NOTIFICATIONS}/subscriptions"
    for subscription in await story.platform.every(partner, path):
        if subscription["state"] != "cancelled":
            await story.platform.delete(partner, f"{path}/{subscription['id']}")


async def hold_workshop(story: Story) -> None:
    platform, cast = story.platform, story.cast
    wednesday = datetime.now(UTC).date() + timedelta(days=(2 - datetime.now(UTC).weekday()) % 7 or 7)

    async def schedule() -> Any:
        try:
            return await platform.post(
                cast.staff,
                f"{INCUBATION}/workshops",
                {
                    "edition_id": story.edition,
                    "title": {"fr": "Atelier du mercredi", "ar": "ورشة الأربعاء", "en": "Wednesday workshop"},
                    "starts_local": f"{wednesday.isoformat()}T18:00:00",
                    "place": "2 rue Pierre et Marie Curie, Casablanca",
                    "seats": 40,
                },
            )
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise

    workshop = await story.until("incubation to hear of the edition", schedule)
    story.guest_email = f"resident@{cast.staff.mailbox}"
    await platform.post(
        None,
        f"{INCUBATION}/workshops/{workshop['id']}/registrations",
        {"name": "Résidente Imaginaire", "email": story.guest_email, "language": "ar"},
    )
    story.narrator.tell(
        f"A workshop opens for Wednesday {wednesday:%d %B} at 18:00; a resident registers, no account needed."
    )
