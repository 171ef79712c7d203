"""A season on the local stack in which one applicant leaves a word of its own in every field, and another does not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from infra.demo.applying import on_the_wall
from infra.demo.client import Platform, Refused
from infra.demo.deck import pitch_deck
from infra.demo.people import Person
from tests.support.backbone import until

T = TypeVar("T")

APPLICATIONS, SELECTION, INCUBATION = "/api/applications/v1", "/api/selection/v1", "/api/incubation/v1"
CRITERIA = ("team", "rollout", "mass_production", "fit", "data")
PATIENCE = 60.0


@dataclass
class Canaries:
    """Words that nobody else could write: one for each field, so that what is left says where it came from."""

    run: str = field(default_factory=lambda: uuid4().hex[:8])
    words: list[str] = field(default_factory=list)

    def sing(self, where: str) -> str:
        """A new word, all in small letters, as some columns keep them so."""
        word = f"canari-{where}-{self.run}"
        self.words.append(word)
        return word


def somebody(key: str, role: str, *, name: str = "", organisation: str | None = None, run: str = "x") -> Person:
    return Person(key, name or f"Personne {key}", role, "fr", organisation, mailbox=f"{run}.people.example")


@dataclass
class Season:
    """Who takes part, and what was made."""

    platform: Platform
    canaries: Canaries = field(default_factory=Canaries)
    edition: str = ""
    call: str = ""
    challenges: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """leaving, declined, staying → application."""
    juries: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        run = self.canaries.run
        self.staff = somebody("staff", "staff", organisation="numa", run=run)
        self.colleague = somebody("colleague", "staff", organisation="numa", run=run)
        self.juror = somebody("juror", "juror", run=run)
        self.friend = somebody("friend", "juror", run=run)
        self.coach = somebody("coach", "coach", run=run)
        self.partners = {name: somebody(name, "partner", organisation=name, run=run) for name in ("inwi", "lydec")}
        self.leaving = somebody(self.canaries.sing("mail"), "applicant", name=self.canaries.sing("name"), run=run)
        self.staying = somebody("staying", "applicant", name="Reste Ici", run=run)

    async def told(self, ask: Callable[[], Awaitable[T | None]], what: str) -> T:
        """What another service answers, once it has heard of it."""
        found: list[T] = []

        async def answers() -> bool:
            try:
                answer = await ask()
            except Refused as refused:
                if refused.status not in {404, 409}:
                    raise
                return False
            if answer:
                found.append(answer)
            return bool(answer)

        await until(answers, seconds=PATIENCE, what=what)
        return found[0]

    async def convene(self) -> None:
        team = (self.staff, self.juror, self.friend, self.coach, *self.partners.values())
        for person in (*team, self.leaving, self.staying):
            contact = {"name": person.name, "email": person.email, "language": person.language}
            await self.platform.put(person, f"{APPLICATIONS}/people/me", contact)
        edition = {"city": "Casablanca", "title": {"fr": "Essai"}, "zone": "Africa/Casablanca"}
        self.edition = (await self.platform.post(self.staff, f"{APPLICATIONS}/editions", edition))["id"]
        for name, partner in self.partners.items():
            words = {"edition_id": self.edition, "title": {"fr": name}, "description": {"fr": "Inventé."}}
            made = await self.platform.post(partner, f"{APPLICATIONS}/challenges", words)
            await self.platform.post(self.staff, f"{APPLICATIONS}/challenges/{made['id']}/publish")
            self.challenges[name] = made["id"]

    async def apply(self, *, seconds: int = 25) -> None:
        now = datetime.now(UTC)
        call = {
            "edition_id": self.edition,
            "challenge_ids": list(self.challenges.values()),
            "opens_at": on_the_wall(now - timedelta(seconds=2)),
            "closes_at": on_the_wall(now + timedelta(seconds=seconds)),
        }
        self.call = (await self.platform.post(self.staff, f"{APPLICATIONS}/calls", call))["id"]
        sing = self.canaries.sing
        self.files["leaving"] = await self._hand_in(self.leaving, "inwi", sing)
        self.files["declined"] = await self._hand_in(self.leaving, "lydec", lambda where: sing(f"second-{where}"))
        self.files["staying"] = await self._hand_in(self.staying, "lydec", lambda where: f"reste-{where}")
        await self._screen()

    async def _hand_in(self, lead: Person, challenge: str, word: Callable[[str], str]) -> str:
        platform = self.platform
        team = await platform.post(lead, f"{APPLICATIONS}/teams", {"name": word("startup")})
        made = await platform.post(lead, f"{APPLICATIONS}/applications", {"call_id": self.call, "team_id": team["id"]})
        path = f"{APPLICATIONS}/applications/{made['id']}"
        said = {"title": word("title"), "summary": word("summary"), "answers": {"problem": word("answer")}}
        await platform.patch(lead, path, {**said, "challenge_ids": [self.challenges[challenge]]})
        deck = (f"{word('file')}.pdf", pitch_deck(word("attachment")), "application/pdf")
        await platform.post(lead, f"{path}/attachments", files={"file": deck})
        await platform.post(lead, f"{path}/submit")
        await platform.patch(lead, path, {"summary": word("revised")})
        await platform.post(lead, f"{path}/submit")
        return str(made["id"])

    async def _screen(self) -> None:
        async def closed() -> Any:
            return (await self.platform.get(None, f"{APPLICATIONS}/calls/{self.call}")).get("closed_at")

        await self.told(closed, "the call to close")
        await self.platform.post(self.staff, f"{APPLICATIONS}/calls/{self.call}/open-files")
        declined = {"reasons": ["off-topic"], "words": self.canaries.sing("screening")}
        await self.platform.post(self.staff, f"{APPLICATIONS}/applications/{self.files['declined']}/decline", declined)
        for name in ("leaving", "staying"):
            await self.platform.post(self.staff, f"{APPLICATIONS}/applications/{self.files[name]}/admit")

    async def judge(self) -> None:
        """One juror reads both files and writes of each; the other is bound to those who will leave, and says so."""
        for challenge in self.challenges.values():
            rule = {"reviews_per_file": 1, "files_per_juror": 5}
            body = {"challenge_id": challenge, "juror_ids": [str(self.juror.id), str(self.friend.id)], **rule}
            jury = await self.told(
                lambda body=body: self.platform.post(self.staff, f"{SELECTION}/juries", body),  # type: ignore[misc]
                "selection to hear of a challenge",
            )
            self.juries.append(jury["id"])
            await self.told(
                lambda challenge=challenge: self.platform.every(  # type: ignore[misc]
                    self.staff, f"{SELECTION}/candidates", challenge=challenge
                ),
                "the admitted file to reach its jury",
            )
        bound = {"application_id": self.files["leaving"], "kind": "family", "note": self.canaries.sing("conflict")}
        await self.platform.post(self.friend, f"{SELECTION}/conflicts", bound)
        for jury_id in self.juries:
            await self.platform.post(self.staff, f"{SELECTION}/juries/{jury_id}/assignment", {"dry_run": False})
        for juror in (self.juror, self.friend):
            for review in await self.platform.every(juror, f"{SELECTION}/reviews", state="assigned"):
                await self._review(juror, review)
        for jury_id in self.juries:
            await self.platform.post(self.staff, f"{SELECTION}/juries/{jury_id}/ranking", {"method": "weighted-mean/1"})
        await self._decide()

    async def _review(self, juror: Person, review: dict[str, Any]) -> None:
        path = f"{SELECTION}/reviews/{review['id']}"

        async def read() -> Any:
            answer = await self.platform.get(juror, path)
            return answer if (answer.get("file") or {}).get("revision") == 2 else None

        await self.told(read, "the newest dossier to reach its juror")
        about_leaving = review["application_id"] == self.files["leaving"]
        word = self.canaries.sing if about_leaving else (lambda where: f"reste-{where}")
        submitted = {"revision": 2, "scores": dict.fromkeys(CRITERIA, 8), "comment": word("comment")}
        await self.platform.post(juror, f"{path}/submit", {**submitted, "note": word("note")})

    async def _decide(self) -> None:
        platform, staff = self.platform, self.staff
        wanted = {"capacity": 1, "reserves": 1}
        draft = await platform.post(staff, f"{SELECTION}/editions/{self.edition}/decisions", wanted)
        path = f"{SELECTION}/decisions/{draft['id']}"
        changes = (
            {"outcome": "reserve", "challenge_id": None, "reason": "To look at it again."},
            {"outcome": "selected", "challenge_id": self.challenges["inwi"], "reason": self.canaries.sing("reason")},
        )
        for change in changes:
            await platform.patch(staff, path, {"application_id": self.files["leaving"], **change})
        for reasons in await platform.every(staff, f"{path}/reasons", unsigned="true"):
            signature = {"digest": reasons["digest"], "despite_hints": True}
            await platform.post(staff, f"{path}/reasons/{reasons['application_id']}/sign", signature)
        read = await platform.get(staff, path)
        for approver in (staff, self.colleague):
            await platform.post(approver, f"{path}/approvals", {"digest": read["approval"]["digest"]})
        await platform.post(staff, f"{path}/publish", {"version": read["version"]})

    async def accompany(self) -> None:
        """A coach, a milestone, a dataset and a workshop for the startup that will be forgotten."""
        platform, lead, sing = self.platform, self.leaving, self.canaries.sing
        projects = await self.told(
            lambda: platform.every(self.staff, f"{INCUBATION}/projects", application_id=self.files["leaving"]),
            "the project to open",
        )
        path = f"{INCUBATION}/projects/{projects[0]['id']}"
        await platform.post(self.staff, f"{path}/coach", {"coach_id": str(self.coach.id)})
        soon = (datetime.now(UTC) + timedelta(weeks=2)).date().isoformat()
        plan = {"kind": "prototype", "title": sing("milestone"), "due_on": soon}
        milestone = (await platform.post(self.coach, f"{path}/milestones", plan))["id"]
        evidence = {"text": sing("evidence"), "links": [f"https://example.org/{sing('link')}"]}
        await platform.post(lead, f"{INCUBATION}/milestones/{milestone}/evidence", evidence)
        await platform.post(self.coach, f"{INCUBATION}/milestones/{milestone}/return", {"words": sing("advice")})
        offered = {
            "challenge_id": self.challenges["inwi"],
            "title": "Readings",
            "description": "Invented.",
            "licence": "For the programme",
            "purpose": "Trials",
            "content": {"media_type": "text/csv", "text": "a,b\n1,2\n"},
        }
        dataset = await platform.post(self.partners["inwi"], f"{INCUBATION}/datasets", offered)
        asked = {"project_id": projects[0]["id"], "purpose": sing("purpose")}
        grant = await platform.post(lead, f"{INCUBATION}/datasets/{dataset['id']}/grants", asked)
        refusal = {"words": sing("refusal")}
        await platform.post(self.partners["inwi"], f"{INCUBATION}/grants/{grant['id']}/refuse", refusal)

    async def has_been_written_to(self) -> None:
        """Until the person's letters were sent, whose copies notifications keeps."""

        async def sent() -> bool:
            mails = await self.platform.every(self.staff, "/api/notifications/v1/mails")
            mine = [mail for mail in mails if mail["person_id"] == str(self.leaving.id)]
            return len(mine) >= 6 and all(mail["state"] == "sent" for mail in mine)

        await until(sent, seconds=PATIENCE, what="the letters to be sent")
