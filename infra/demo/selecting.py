"""Chapter: juries read, score and rank; the results are published together, each startup with its challenge."""

import hashlib
from typing import Any

from infra.demo.client import Refused
from infra.demo.people import IN_CONFLICT, PARTNERS, Person
from infra.demo.story import Story, listed, side_by_side

API = "/api/selection/v1"
REVIEWS_PER_FILE = 2
MAIL_OF = {"selected": "selected", "reserve": "reserved", "not-selected": "not_selected"}
CRITERIA = ("team", "rollout", "mass_production", "fit", "data")


class ConflictIgnored(Exception):
    """A juror in conflict could read the file: the demonstration stops here."""


class ApprovalIgnored(Exception):
    """What two must approve was published by one: the demonstration stops here."""


async def select(story: Story) -> None:
    """From admitted files to one startup for each challenge."""
    story.narrator.chapter("A jury selects")
    await appoint_juries(story)
    await declare_conflict(story)
    await assign(story)
    await review(story)
    await rank_and_publish(story)


async def appoint_juries(story: Story) -> None:
    staff, platform = story.cast.staff, story.platform
    jurors = [str(juror.id) for juror in story.cast.jurors]
    names = {str(juror.id): juror.name for juror in story.cast.jurors}
    for number, (partner, challenge) in enumerate(story.challenges.items()):
        # Four of the six sit on each jury, so that every challenge mixes them differently.
        seats = [jurors[(number * 2 + seat) % len(jurors)] for seat in range(4)]

        async def appoint(challenge: str = challenge, seats: list[str] = seats) -> Any:
            body = {
                "challenge_id": challenge,
                "juror_ids": seats,
                "reviews_per_file": REVIEWS_PER_FILE,
                "files_per_juror": 12,
                "names": {seat: names[seat] for seat in seats},
            }
            try:
                return await platform.post(staff, f"{API}/juries", body)
            except Refused as refusal:
                if refusal.slug == "challenge-not-known":
                    return None
                raise

        jury = await story.until(f"selection to hear of {partner}'s challenge", appoint)
        story.juries[partner] = jury["id"]
    story.narrator.tell(f"Numa appoints six jurors, four a challenge; {REVIEWS_PER_FILE} of them will read each file.")


async def declare_conflict(story: Story) -> None:
    application = story.applications[IN_CONFLICT]
    juror = conflicted_juror(story)

    async def declare() -> Any:
        body = {"application_id": application, "kind": "family", "note": "Cousin of the founder."}
        try:
            return await story.platform.post(juror, f"{API}/conflicts", body)
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise

    await story.until("the file to reach its jury", declare)
    story.narrator.tell(f"A juror declares a conflict with “{IN_CONFLICT}”: family. The file is closed to that juror.")


def conflicted_juror(story: Story) -> Person:
    """A juror of Holcim's jury, whom the startup in conflict applies to."""
    index = list(story.challenges).index("holcim")
    return story.cast.jurors[(index * 2) % len(story.cast.jurors)]


async def assign(story: Story) -> None:
    staff, platform = story.cast.staff, story.platform
    count = 0
    for partner, jury in story.juries.items():
        expected = admitted_for(story, partner)

        async def all_there(challenge: str = story.challenges[partner], expected: set[str] = expected) -> bool:
            candidates = await platform.every(staff, f"{API}/candidates", challenge=challenge)
            return {candidate["application_id"] for candidate in candidates} >= expected

        await story.until(f"all of {partner}'s admitted files", all_there)
        assignment = await platform.post(staff, f"{API}/juries/{jury}/assignment", {"dry_run": False})
        count += len(assignment["reviews"])
        forbidden = [
            given
            for given in assignment["reviews"]
            if given["application_id"] == story.applications[IN_CONFLICT]
            and given["juror_id"] == str(conflicted_juror(story).id)
        ]
        if forbidden:
            raise ConflictIgnored("a file was assigned to its juror in conflict")
    story.narrator.tell(f"The solver assigns {count} reviews: no conflict, {REVIEWS_PER_FILE} a file, evenly spread.")


def admitted_for(story: Story, partner: str) -> set[str]:
    startups = {startup.name: startup for startup in story.cast.startups}
    return {
        application for name, application in story.applications.items() if partner in startups[name].answers
    } - story.not_admitted


async def review(story: Story) -> None:
    done = await side_by_side(*(review_all_of(story, juror) for juror in story.cast.jurors))
    story.narrator.tell(f"Six jurors submit {sum(done)} reviews, each pinned to the revision that was read.")


async def review_all_of(story: Story, juror: Person) -> int:
    platform = story.platform
    assigned = await platform.every(juror, f"{API}/reviews", state="assigned")
    for given in assigned:
        if given["application_id"] == story.applications[IN_CONFLICT] and juror == conflicted_juror(story):
            raise ConflictIgnored("a juror in conflict was shown the file")

        async def read(review: str = given["id"]) -> Any:
            answer = await platform.get(juror, f"{API}/reviews/{review}")
            return answer if answer.get("file") else None

        seen = await story.until("the dossier to reach its juror", read)
        scores = invented_scores(seen["file"]["startup"], juror.key)
        await platform.patch(juror, f"{API}/reviews/{given['id']}", {"scores": scores})
        await platform.post(
            juror,
            f"{API}/reviews/{given['id']}/submit",
            {
                "revision": seen["file"]["revision"],
                "scores": scores,
                "comment": "Clear problem, credible first step; say more about the data that you need.",
            },
        )
    story.reviews_of[juror.key] = len(assigned)
    return len(assigned)


def invented_scores(startup: str, juror: str) -> dict[str, int]:
    """Scores in 0..10 that differ by startup and a little by juror, the same in each run."""
    quality = hashlib.sha256(startup.encode()).digest()
    mood = hashlib.sha256(f"{startup}/{juror}".encode()).digest()
    return {criterion: min(10, 3 + quality[number] % 7 + mood[number] % 2) for number, criterion in enumerate(CRITERIA)}


async def rank_and_publish(story: Story) -> None:
    staff, platform, tell = story.cast.staff, story.platform, story.narrator.tell
    for partner, jury in story.juries.items():
        # With two readers a file, some files may have no reader in common with the others; the ranking then says so.
        frozen = await platform.post(
            staff,
            f"{API}/juries/{jury}/ranking",
            {"method": "severity-corrected/1", "places": 1, "accept_groups": True},
        )
        sure = (await platform.get(staff, f"{API}/rankings/{frozen['id']}"))["report"]["files"][0]
        first, chance = story.startup_of(sure["application_id"]), round(100 * sure["above_cut"])
        tell(
            f"{PARTNERS[partner]}'s ranking is frozen: “{first}” leads with {sure['score']:.1f} of 100 "
            f"once severity is taken out, and is the best with a probability of {chance} %."
        )
    decisions = await platform.post(staff, f"{API}/editions/{story.edition}/decisions", {"capacity": 1, "reserves": 1})
    for decided in decisions["outcomes"]:
        story.outcomes[story.startup_of(decided["application_id"])] = MAIL_OF[decided["outcome"]]
    await approve(story, decisions)
    version = (await platform.get(staff, f"{API}/decisions/{decisions['id']}"))["version"]
    await platform.post(staff, f"{API}/decisions/{decisions['id']}/publish", {"version": version})
    (results,) = await platform.every(None, f"{API}/results", edition=story.edition)
    partner_of = {challenge: partner for partner, challenge in story.challenges.items()}
    for match in results["matches"]:
        story.matches[partner_of[match["challenge_id"]]] = story.startup_of(match["application_id"])
    pairs = listed([f"“{startup}” with {PARTNERS[partner]}" for partner, startup in sorted(story.matches.items())])
    tell(f"Results are published together, one startup to one challenge: {pairs}.")


async def approve(story: Story, decisions: dict[str, Any]) -> None:
    """One of the staff alone publishes nothing; two who approve the same content do."""
    cast, platform, path = story.cast, story.platform, f"{API}/decisions/{decisions['id']}"
    signed = await sign_reasons(story, path)
    story.narrator.tell(
        f"Numa reads what jurors wrote for those not selected, and signs {signed} reasons that name nobody."
    )
    read = {"digest": (await platform.get(cast.staff, path))["approval"]["digest"]}
    await platform.post(cast.staff, f"{path}/approvals", read)
    try:
        await platform.post(cast.staff, f"{path}/publish", {"version": decisions["version"]})
    except Refused as refusal:
        if refusal.slug != "approvals-missing":
            raise
        story.narrator.tell(f"Numa publishes after one approval, and is refused: {refusal.problem.get('detail')}")
    else:
        raise ApprovalIgnored("one person alone published decisions")
    await platform.post(cast.colleague, f"{path}/approvals", read)
    story.narrator.tell("A second person of the staff reads the same decisions, digest by digest, and approves.")


async def sign_reasons(story: Story, path: str) -> int:
    """One person reads each, and answers for it that it tells nobody who wrote it."""
    platform, staff = story.platform, story.cast.staff
    waiting = await platform.every(staff, f"{path}/reasons", unsigned="true")
    for reasons in waiting:
        await platform.post(staff, f"{path}/reasons/{reasons['application_id']}/sign", {"digest": reasons["digest"]})
    return len(waiting)
