"""Chapter: the call opens, startups apply before the deadline, the server's time decides, Numa screens."""

from datetime import UTC, datetime, timedelta
from typing import Any

from infra.demo.client import Refused
from infra.demo.convening import ZONE
from infra.demo.deck import pitch_deck
from infra.demo.people import CHALLENGES, IN_CONFLICT, LATE, REVISED, WITHDRAWN, Startup
from infra.demo.story import Story, side_by_side
from services.applications.defaults import default_form
from shared import clock

API = "/api/applications/v1"
NOT_ELIGIBLE = "Quartier Quidam"

ANSWERS = {
    "team": "Two invented engineers and an invented designer, half of their time each.",
    "registered": "no",
    "experimentation": "In one quarter, with the partner's crew, for ten weeks; before and after are measured alike.",
    "stage": "prototype",
    "growth": "The parts are sold everywhere, and a technician mounts twenty a day.",
    "data": "Hourly readings, joined with the partner's own.",
    "wanted-data": "water,electricity",
}
"""To the programme's default form; the problem is each startup's own."""


class SealBroken(Exception):
    """Staff could read a file while the call was open: the demonstration stops here."""


async def apply(story: Story) -> None:
    """From the open call to screened files."""
    story.narrator.chapter("Startups apply")
    await open_call(story)
    in_time = [startup for startup in story.cast.startups if startup.name != LATE]
    late = story.cast.startup(LATE)
    await draft(story, late)
    await side_by_side(*(apply_in_time(story, startup) for startup in in_time))
    story.narrator.tell(f"{len(in_time)} startups draft, attach a pitch deck and submit; “{LATE}” is still writing.")
    await revise(story)
    await withdraw(story)
    await sealed(story)
    await close(story, late)
    await screen(story)


async def open_call(story: Story) -> None:
    now = datetime.now(UTC)
    wall = clock.zone_named(ZONE)
    seconds = story.call_seconds or story.season
    story.deadline = (now + timedelta(seconds=seconds)).replace(microsecond=0)
    call = await story.platform.post(
        story.cast.staff,
        f"{API}/calls",
        {
            "edition_id": story.edition,
            "challenge_ids": list(story.challenges.values()),
            "opens_at": on_the_wall(now - timedelta(seconds=2)),
            "closes_at": on_the_wall(story.deadline),
            "form": default_form(),
        },
    )
    story.call = call["id"]
    story.narrator.tell(
        f"The call is open until {story.deadline.astimezone(wall):%H:%M:%S} in Casablanca "
        f"({story.deadline:%H:%M:%S} UTC); in this run a season lasts {seconds} s."
    )


def on_the_wall(instant: datetime) -> dict[str, str]:
    """An instant as a clock in Casablanca shows it; the service resolves it again, by its own time zone data."""
    local = instant.astimezone(clock.zone_named(ZONE)).replace(tzinfo=None, microsecond=0)
    return {"local": local.isoformat(), "zone": ZONE}


async def draft(story: Story, startup: Startup) -> None:
    platform, lead = story.platform, startup.lead
    team = await platform.post(lead, f"{API}/teams", {"name": startup.name})
    story.teams[startup.name] = team["id"]
    application = await platform.post(lead, f"{API}/applications", {"call_id": story.call, "team_id": team["id"]})
    story.applications[startup.name] = application["id"]
    path = f"{API}/applications/{application['id']}"
    await platform.patch(lead, path, {"title": startup.title})
    await platform.patch(
        lead,
        path,
        {
            "summary": f"{startup.title}: what {startup.name} would try, with whom, and how it would be measured.",
            "answers": ANSWERS | {"problem": CHALLENGES[startup.answers[0]]["description"]["fr"]},
            "challenge_ids": [story.challenges[key] for key in startup.answers],
        },
    )
    await platform.post(
        lead,
        f"{path}/attachments",
        files={"file": ("pitch.pdf", pitch_deck(startup.name), "application/pdf")},
    )


async def apply_in_time(story: Story, startup: Startup) -> None:
    await draft(story, startup)
    answer = await story.platform.post(startup.lead, f"{API}/applications/{story.applications[startup.name]}/submit")
    if answer["receipt"]:
        story.receipts[startup.name] = answer["receipt"]


async def revise(story: Story) -> None:
    lead, path = story.cast.startup(REVISED).lead, f"{API}/applications/{story.applications[REVISED]}"
    await story.platform.patch(lead, path, {"summary": "A clearer summary, with a first partner named."})
    answer = await story.platform.post(lead, f"{path}/submit")
    story.narrator.tell(f"“{REVISED}” revises what it handed in: revision {answer['revision']} counts now.")


async def withdraw(story: Story) -> None:
    application = story.applications[WITHDRAWN]
    await story.platform.post(story.cast.startup(WITHDRAWN).lead, f"{API}/applications/{application}/withdraw")
    story.not_admitted.add(application)
    story.narrator.tell(f"“{WITHDRAWN}” withdraws.")


async def sealed(story: Story) -> None:
    """Nobody of the programme reads a file while the call is open."""
    try:
        await story.platform.get(story.cast.staff, f"{API}/applications/{story.applications[REVISED]}")
    except Refused as refusal:
        if refusal.status not in {403, 404}:
            raise
        story.narrator.tell(f"Numa asks to read a file already, and is refused: {refusal.problem['detail']}")
        return
    raise SealBroken("staff read a file while the call was open")


async def close(story: Story, late: Startup) -> None:
    platform, staff = story.platform, story.cast.staff

    async def closed() -> Any:
        call = await platform.get(None, f"{API}/calls/{story.call}")
        return call if call.get("closed_at") else None

    story.narrator.tell("The deadline comes; the service closes the call by itself.")
    left = (story.deadline - datetime.now(UTC)).total_seconds() if story.deadline else 0
    await story.until("the call to close", closed, more_seconds=max(0, left))
    try:
        await platform.post(late.lead, f"{API}/applications/{story.applications[LATE]}/submit")
    except Refused as refusal:
        if refusal.slug != "deadline-passed":
            raise
        story.not_admitted.add(story.applications[LATE])
        story.narrator.tell(f"“{LATE}” submits now, and is told:")
        story.narrator.aside(str(refusal.problem["detail"]))
    await platform.post(staff, f"{API}/calls/{story.call}/open-files")


async def screen(story: Story) -> None:
    platform, staff = story.platform, story.cast.staff
    files = {
        name: application for name, application in story.applications.items() if application not in story.not_admitted
    }
    declined = files.pop(NOT_ELIGIBLE)
    story.declined = NOT_ELIGIBLE
    story.not_admitted.add(declined)
    await platform.post(
        staff,
        f"{API}/applications/{declined}/decline",
        {"reasons": ["off-topic"], "words": "This answers none of the three challenges; the next edition may suit it."},
    )
    await side_by_side(
        *(platform.post(staff, f"{API}/applications/{application}/admit") for application in files.values())
    )
    await platform.post(staff, f"{API}/calls/{story.call}/screening/publish")
    story.narrator.tell(
        f"Numa opens the files and screens them: {len(files)} admitted, “{NOT_ELIGIBLE}” declined with a reason. "
        "All teams are told by one act. "
        f"“{IN_CONFLICT}” is among the admitted."
    )
