"""A whole selection of any size through the public APIs: who takes part, each with an own word, and what they do."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from infra.demo.applying import on_the_wall
from infra.demo.client import Platform, Refused
from infra.demo.deck import pitch_deck
from infra.demo.people import Person
from services.applications.defaults import default_form
from tests.support.backbone import until

APPLICATIONS, SELECTION = "/api/applications/v1", "/api/selection/v1"
CRITERIA = ("team", "rollout", "mass_production", "fit", "data")
PARTNERS = ("inwi", "lydec", "holcim")
AT_ONCE = 16
PROSE = ("team", "experimentation", "growth", "problem", "data")


@dataclass(frozen=True)
class Size:
    """How large a season is."""

    startups: int
    jurors: int
    reviews_per_file: int
    saves: int
    """How often each applicant saves its draft."""
    pause: float
    """Seconds between two saves of one applicant, about."""
    call_seconds: int
    """How long the call is open."""


@dataclass(kw_only=True)
class Founder:
    """An applicant, what its draft was acknowledged to say, and how good its project is."""

    person: Person
    word: str
    quality: float
    application: str = ""
    saved: dict[str, str] = field(default_factory=dict)
    revision: int = 0


@dataclass(kw_only=True)
class FullSeason:
    """Everyone, and what was made; times are in seconds."""

    platform: Platform
    size: Size
    seed: int = 20261127
    edition: str = ""
    call: str = ""
    deadline: datetime = field(default_factory=lambda: datetime.now(UTC))
    challenges: dict[str, str] = field(default_factory=dict)
    juries: dict[str, str] = field(default_factory=dict)
    rankings: dict[str, str] = field(default_factory=dict)
    decisions: str = ""
    saving: list[float] = field(default_factory=list)
    submitting: list[float] = field(default_factory=list)
    uploading: list[float] = field(default_factory=list)
    chapters: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.run = uuid4().hex[:6]
        self.random = random.Random(self.seed)
        self.staff, self.colleague = self._person("staff", "staff", "numa"), self._person("colleague", "staff", "numa")
        self.partners = {name: self._person(name, "partner", name) for name in PARTNERS}
        self.founders = [
            Founder(
                person=self._person(f"founder-{n}", "applicant", word=f"fondatrice-{n}-{self.run}"),
                word=f"projet-{n}-{self.run}",
                quality=self.random.gauss(6, 1.5),
            )
            for n in range(self.size.startups)
        ]
        self.jurors = [
            self._person(f"juror-{n}", "juror", word=f"juree-{n}-{self.run}") for n in range(self.size.jurors)
        ]
        self.severity = {juror.key: self.random.gauss(0, 1) for juror in self.jurors}

    def _person(self, key: str, role: str, organisation: str | None = None, *, word: str = "") -> Person:
        return Person(f"{key}-{self.run}", word or key, role, "fr", organisation, mailbox=f"{self.run}.people.example")

    async def chapter(self, name: str, act: Callable[[], Awaitable[None]]) -> None:
        began = time.monotonic()
        await act()
        self.chapters[name] = round(time.monotonic() - began, 1)

    async def convene(self) -> None:
        everyone = [self.staff, self.colleague, *self.partners.values(), *self.jurors]
        await self._each(everyone, self._register)
        await self._each([founder.person for founder in self.founders], self._register)
        edition = {"city": "Casablanca", "title": {"fr": "Grande saison"}, "zone": "Africa/Casablanca"}
        self.edition = (await self.platform.post(self.staff, f"{APPLICATIONS}/editions", edition))["id"]
        for name, partner in self.partners.items():
            words = {"edition_id": self.edition, "title": {"fr": name}, "description": {"fr": "Inventé."}}
            made = await self.platform.post(partner, f"{APPLICATIONS}/challenges", words)
            await self.platform.post(self.staff, f"{APPLICATIONS}/challenges/{made['id']}/publish")
            self.challenges[name] = made["id"]

    async def open_call(self) -> None:
        now = datetime.now(UTC)
        self.deadline = (now + timedelta(seconds=self.size.call_seconds)).replace(microsecond=0)
        body = {
            "edition_id": self.edition,
            "challenge_ids": list(self.challenges.values()),
            "opens_at": on_the_wall(now - timedelta(seconds=2)),
            "closes_at": on_the_wall(self.deadline),
            "form": default_form(),
        }
        self.call = (await self.platform.post(self.staff, f"{APPLICATIONS}/calls", body))["id"]

    async def begin(self) -> None:
        await self._each(self.founders, self._begin)

    async def rush(self) -> None:
        """All of them write, send their deck and hand in at the same time, as people do on the last day."""
        await asyncio.gather(*(self._write_and_hand_in(founder) for founder in self.founders))

    async def screen(self) -> None:
        async def closed() -> bool:
            call = await self.platform.get(None, f"{APPLICATIONS}/calls/{self.call}")
            return bool(call["closed_at"])

        await until(closed, seconds=self.size.call_seconds + 60.0, what="the call to close")
        await self.platform.post(self.staff, f"{APPLICATIONS}/calls/{self.call}/open-files")

        async def admit(founder: Founder) -> None:
            await self.platform.post(self.staff, f"{APPLICATIONS}/applications/{founder.application}/admit")

        await self._each(self.founders, admit)
        await self.platform.post(self.staff, f"{APPLICATIONS}/calls/{self.call}/screening/publish")

    async def appoint(self) -> None:
        """Each challenge has a third of the jurors and, so that all can be compared, one of the next third."""
        third = max(self.size.reviews_per_file + 1, len(self.jurors) // len(PARTNERS))
        for number, (name, challenge) in enumerate(self.challenges.items()):
            seats = [self.jurors[(number * third + n) % len(self.jurors)] for n in range(third + 1)]
            files = sum(1 for founder in self.founders if name in self.wishes(founder))
            most = -(-files * self.size.reviews_per_file // len(seats)) + 3
            body = {
                "challenge_id": challenge,
                "juror_ids": [str(juror.id) for juror in dict.fromkeys(seats)],
                "reviews_per_file": self.size.reviews_per_file,
                "files_per_juror": most,
                "names": {str(juror.id): juror.name for juror in seats},
            }
            jury = await self._once_known(lambda body=body: self.platform.post(self.staff, f"{SELECTION}/juries", body))
            self.juries[name] = jury["id"]

            async def all_there(challenge: str = challenge, files: int = files) -> bool:
                found = await self.platform.every(self.staff, f"{SELECTION}/candidates", challenge=challenge)
                return len(found) == files

            await until(all_there, seconds=120, what="all files to reach their jury")
            await self.platform.post(self.staff, f"{SELECTION}/juries/{jury['id']}/assignment", {"dry_run": False})

    def wishes(self, founder: Founder) -> list[str]:
        """One challenge, and for every third startup another one."""
        number = int(founder.word.split("-")[1])
        return [PARTNERS[number % 3], *([PARTNERS[(number + 1) % 3]] if number % 3 == 0 else [])]

    async def review(self) -> None:
        await asyncio.gather(*(self._review_all(juror) for juror in self.jurors))

    async def decide(self, *, capacity: int, reserves: int) -> None:
        platform = self.platform
        for name, jury in self.juries.items():
            body = {"method": "severity-corrected/1", "places": capacity, "accept_groups": True}
            frozen = await platform.post(self.staff, f"{SELECTION}/juries/{jury}/ranking", body)
            self.rankings[name] = frozen["id"]
        proposed = await platform.post(
            self.staff, f"{SELECTION}/editions/{self.edition}/decisions", {"capacity": capacity, "reserves": reserves}
        )
        self.decisions = proposed["id"]
        path = f"{SELECTION}/decisions/{self.decisions}"
        for reasons in await platform.every(self.staff, f"{path}/reasons", unsigned="true"):
            # The words of a season are all alike, so some look like somebody's name; they are read, and tell nobody.
            signature = {"digest": reasons["digest"], "despite_hints": True}
            await platform.post(self.staff, f"{path}/reasons/{reasons['application_id']}/sign", signature)
        read = {"digest": (await platform.get(self.staff, path))["approval"]["digest"]}
        await platform.post(self.staff, f"{path}/approvals", read)
        await platform.post(self.colleague, f"{path}/approvals", read)

    async def publish(self) -> None:
        path = f"{SELECTION}/decisions/{self.decisions}"
        version = (await self.platform.get(self.staff, path))["version"]
        await self.platform.post(self.staff, f"{path}/publish", {"version": version})

    async def _register(self, person: Person) -> None:
        contact = {"name": person.name, "email": person.email, "language": person.language}
        await self.platform.put(person, f"{APPLICATIONS}/people/me", contact)

    async def _begin(self, founder: Founder) -> None:
        team = await self.platform.post(founder.person, f"{APPLICATIONS}/teams", {"name": f"equipe {founder.word}"})
        body = {"call_id": self.call, "team_id": team["id"]}
        founder.application = (await self.platform.post(founder.person, f"{APPLICATIONS}/applications", body))["id"]

    async def _write_and_hand_in(self, founder: Founder) -> None:
        platform, path = self.platform, f"{APPLICATIONS}/applications/{founder.application}"
        await asyncio.sleep(self.random.uniform(0, self.size.pause))  # people do not begin in step
        base, pen = int((await platform.tag(founder.person, path)).strip('"')), str(uuid4())
        for turn in range(self.size.saves):
            name = PROSE[turn % len(PROSE)]
            text = f"{founder.saved.get(name, '')} {founder.word} écrit encore, {turn}.".strip()
            changes: dict[str, Any] = {"answers": {name: text}}
            if turn == 0:
                changes |= {"title": f"titre {founder.word}", "summary": f"sommaire {founder.word}"}
                changes["challenge_ids"] = [self.challenges[wish] for wish in self.wishes(founder)]
                changes["answers"] |= {"registered": "no", "stage": "prototype"}
            began = time.monotonic()
            saved = await platform.post(founder.person, f"{path}/saves", {"base": base, "pen": pen, **changes})
            self.saving.append(time.monotonic() - began)
            base = saved["base"]
            founder.saved[name] = text
            await asyncio.sleep(self.random.uniform(0.5, 1.5) * self.size.pause)  # as people type
        began = time.monotonic()
        deck = ("deck.pdf", pitch_deck(founder.word), "application/pdf")
        await platform.post(founder.person, f"{path}/attachments", files={"file": deck})
        self.uploading.append(time.monotonic() - began)
        began = time.monotonic()
        handed = await platform.post(founder.person, f"{path}/submit")
        self.submitting.append(time.monotonic() - began)
        founder.revision = handed["revision"]

    async def _review_all(self, juror: Person) -> None:
        for given in await self.platform.every(juror, f"{SELECTION}/reviews", state="assigned"):
            path = f"{SELECTION}/reviews/{given['id']}"

            async def read(path: str = path) -> Any:
                seen = await self.platform.get(juror, path)
                return seen if seen.get("file") else None

            seen = await self._once_known(read)
            founder = next(each for each in self.founders if each.application == given["application_id"])
            scores = {
                key: min(10, max(0, round(founder.quality - self.severity[juror.key] + self.random.gauss(0, 0.7))))
                for key in CRITERIA
            }
            body = {
                "revision": seen["file"]["revision"],
                "scores": scores,
                "comment": f"commentaire sur {founder.word}",
                "note": f"note sur {founder.word}",
            }
            await self.platform.post(juror, f"{path}/submit", body)

    async def _once_known(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """What a service answers once it has heard of it."""
        found: list[Any] = []

        async def answers() -> bool:
            try:
                answer = await ask()
            except Refused as refused:
                if refused.status not in {404, 409}:
                    raise
                return False
            found.append(answer)
            return bool(answer)

        await until(answers, seconds=120, what="a service to hear of it")
        return found[-1]

    async def _each(self, items: Sequence[Any], act: Callable[[Any], Awaitable[None]]) -> None:
        """A few at a time."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(item: Any) -> None:
            async with turns:
                await act(item)

        await asyncio.gather(*(one(item) for item in items))


def percentile(values: Sequence[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(values)
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
