"""Chapter: the selected are accompanied, get data that is rarely shared, and try their prototype in the city."""

from datetime import UTC, datetime, timedelta
from typing import Any

from infra.demo.client import Refused
from infra.demo.expected import MEASURED, MILESTONES
from infra.demo.people import PARTNERS
from infra.demo.story import Story, listed

API = "/api/incubation/v1"
EXPERIMENTING_PARTNER = "lydec"


async def incubate(story: Story) -> None:
    """From the results to a project with a coach, a plan and a focus group for each matched startup."""
    story.narrator.chapter("The selected are incubated")
    await open_projects(story)
    await form_focus_groups(story)
    story.experimenter = story.matches[EXPERIMENTING_PARTNER]
    await share_data(story)
    await reach_milestones(story)


async def open_projects(story: Story) -> None:
    platform, cast = story.platform, story.cast
    for startup in story.matches.values():

        async def opened(startup: str = startup) -> Any:
            found = await platform.every(cast.staff, f"{API}/projects", application_id=story.applications[startup])
            return found[0] if found else None

        project = await story.until(f"the project of {startup}", opened)
        story.projects[startup] = project["id"]
        await platform.post(cast.staff, f"{API}/projects/{project['id']}/coach", {"coach_id": str(cast.coach.id)})
        for weeks, kind in enumerate(MILESTONES, start=1):
            due_on = (datetime.now(UTC) + timedelta(weeks=3 * weeks)).date()
            await platform.post(
                cast.coach,
                f"{API}/projects/{project['id']}/milestones",
                {"kind": kind, "title": f"{kind.capitalize()} with the partner", "due_on": due_on.isoformat()},
            )
    story.narrator.tell(
        f"{len(story.projects)} projects open by themselves from the results; "
        f"a coach accompanies each, with {len(MILESTONES)} milestones planned."
    )


async def form_focus_groups(story: Story) -> None:
    platform, cast = story.platform, story.cast
    for partner, challenge in story.challenges.items():
        numa = {"person_id": str(cast.staff.id), "organisation": "numa"}
        theirs = {"person_id": str(cast.partners[partner].id), "organisation": partner}
        if partner == EXPERIMENTING_PARTNER:
            try:
                await platform.post(
                    cast.staff, f"{API}/focus-groups", {"challenge_id": challenge, "representatives": [numa]}
                )
            except Refused as refusal:
                story.narrator.tell("A focus group without anyone of its partner is refused:")
                story.narrator.aside(str(refusal.problem.get("detail")))
        await platform.post(
            cast.staff, f"{API}/focus-groups", {"challenge_id": challenge, "representatives": [numa, theirs]}
        )
    story.narrator.tell("Each challenge has its focus group: one Numa representative and the partner's own.")


async def share_data(story: Story) -> None:
    platform, cast, startup = story.platform, story.cast, story.experimenter
    partner, lead = cast.partners[EXPERIMENTING_PARTNER], cast.startup(startup).lead
    dataset = await platform.post(
        partner,
        f"{API}/datasets",
        {
            "challenge_id": story.challenges[EXPERIMENTING_PARTNER],
            "title": "Night pressure of an invented district",
            "description": "Hourly mean pressure at four imaginary points, in bar.",
            "licence": "For the programme only; no onward sharing",
            "purpose": "Find leaks earlier",
            "content": {"media_type": "text/csv", "text": "hour,point,bar\n02,A,4.1\n02,B,3.2\n03,A,4.0\n03,B,3.1\n"},
        },
    )
    grant = await platform.post(
        lead,
        f"{API}/datasets/{dataset['id']}/grants",
        {"project_id": story.projects[startup], "purpose": "Calibrate our leak detector"},
    )
    expires_at = (datetime.now(UTC) + timedelta(days=90)).isoformat(timespec="seconds")
    await platform.post(partner, f"{API}/grants/{grant['id']}/grant", {"expires_at": expires_at})
    await platform.post(lead, f"{API}/grants/{grant['id']}/accept")
    content = await platform.get(lead, f"{API}/grants/{grant['id']}/content")
    receipts = await platform.every(partner, f"{API}/datasets/{dataset['id']}/receipts")
    story.narrator.tell(
        f"“{startup}” asks {PARTNERS[EXPERIMENTING_PARTNER]} for a dataset; it is granted for 90 days, read "
        f"({len(content['text'])} characters), and the owner holds {len(receipts)} receipt."
    )


async def reach_milestones(story: Story) -> None:
    platform, cast, startup = story.platform, story.cast, story.experimenter
    lead = cast.startup(startup).lead
    milestones = await platform.every(cast.coach, f"{API}/projects/{story.projects[startup]}/milestones")
    by_kind = {milestone["kind"]: milestone["id"] for milestone in milestones}
    for kind in MILESTONES:
        evidence = {"text": f"What we did for {kind}: see the link.", "links": ["https://example.org/evidence"]}
        await platform.post(lead, f"{API}/milestones/{by_kind[kind]}/evidence", evidence)
        if kind == MILESTONES[0]:
            words = {"words": "Please add the minutes that your partner signed."}
            await platform.post(cast.coach, f"{API}/milestones/{by_kind[kind]}/return", words)
            await platform.post(lead, f"{API}/milestones/{by_kind[kind]}/evidence", evidence)
        await platform.post(cast.coach, f"{API}/milestones/{by_kind[kind]}/approve")
    story.narrator.tell(
        f"“{startup}” shows evidence; the coach returns it once, then approves: {listed(list(MILESTONES))}."
    )


async def experiment(story: Story) -> None:
    """A locked protocol, the city's leave, measurements, and a report that anyone can read."""
    story.narrator.chapter("An experimentation in the city")
    platform, cast, startup = story.platform, story.cast, story.experimenter
    lead, tell = cast.startup(startup).lead, story.narrator.tell
    today = datetime.now(UTC).date()
    registered = await platform.post(
        lead,
        f"{API}/projects/{story.projects[startup]}/experimentations",
        {
            "hypothesis": "Listening at night finds leaks early enough to lose a tenth less water.",
            "indicators": [{"name": "water lost", "unit": "m³/day", "direction": "decrease"}],
            "baseline": {"water lost": 420.0},
            "place": "An imaginary street of Maârif, Casablanca",
            "starts_on": (today + timedelta(days=1)).isoformat(),
            "ends_on": (today + timedelta(days=43)).isoformat(),
            "stop_rule": "Stop if a household loses its supply for more than an hour.",
        },
    )
    story.experimentation = registered["id"]
    tell(f"“{startup}” registers its protocol; it is locked, with digest {registered['protocol_digest'][:12]}….")
    path = f"{API}/experimentations/{story.experimentation}"
    await platform.post(cast.city, f"{path}/authorise", {"conditions": "Tell the neighbours a week before."})
    await platform.post(lead, f"{path}/start")
    tell("The City authorises it, and it starts.")
    for value in MEASURED:
        await platform.post(lead, f"{path}/measurements", {"indicator": "water lost", "value": value})
    await platform.post(
        lead, f"{path}/report", {"outcome": "confirmed", "words": "Less was lost each week; one street is not a city."}
    )
    public = await platform.get(None, f"{API}/public/experimentations/{story.experimentation}")
    result = public["results"][0]
    tell(
        f"Reported, for anyone to read: {result['indicator']} {result['baseline']:.0f} → {result['mean']:.0f} "
        f"{result['unit']} ({result['measurements']} measurements); outcome {public['outcome']}."
    )
