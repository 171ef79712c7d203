"""After the story, the proof: what was promised is looked up in the log, the outboxes, the mail and the webhooks."""

from collections import Counter, defaultdict
from typing import Any

import httpx

from infra.demo.expected import REVIEW_SUBMITTED, expected_files, expected_mails
from infra.demo.journal import a_receipt_is_proven, the_journal_holds_every_event
from infra.demo.story import Check, NeverHappened, Story

SERVICES = ("applications", "selection", "incubation", "notifications")
LOG = "/api/notifications/v1/events"
PERSONAL_TOPICS = {"people.v1", "dossiers.v1"}


async def check_all(story: Story) -> list[Check]:
    """Wait until the platform is quiet, then check every promise; none is skipped because another failed."""
    checks = [await settled(story)]
    entries = await story.platform.every(story.cast.staff, LOG)
    ours = [entry for entry in entries if entry["position"] > story.starts_after]
    checks += [
        every_file_tells_its_story(story, ours),
        no_aggregate_has_a_gap(entries),
        no_event_twice(entries),
        await the_log_itself_finds_no_gap(story),
        no_personal_data_in_events(story, ours),
        await each_mail_arrived_once(story),
        await each_webhook_arrived_once(story, ours),
        await the_journal_holds_every_event(story, len(entries)),
        await a_receipt_is_proven(story),
    ]
    return checks


async def settled(story: Story) -> Check:
    """Outboxes and quarantines empty, deliveries and mails done: asked of each service until all are at rest."""
    seen: dict[str, Any] = {}

    async def quiet() -> bool:
        busy: list[str] = []
        for service in SERVICES:
            state = await story.platform.get(story.cast.staff, f"/api/{service}/v1/operations/backbone")
            seen[service] = state
            waiting = {name: state[name] for name in ("outbox_pending", "outbox_parked", "quarantined", "gaps")}
            busy += [f"{service} {name}={count}" for name, count in waiting.items() if count]
        summary = await story.platform.get(story.cast.staff, "/api/notifications/v1/summary")
        seen["summary"] = summary
        written = sum(seen[service]["events_written"] for service in SERVICES)
        if summary["head"] < written:
            busy.append(f"the log has {summary['head']} of {written} events")
        for kind, states in (("mails", ("queued", "waiting_for_person")), ("deliveries", ("queued",))):
            busy += [f"{kind} {state}={n}" for state in states if (n := summary[kind].get(state, 0))]
        seen["busy"] = busy
        return not busy

    promise = "Outboxes and quarantines are empty, and the log holds every event that was written"
    try:
        await story.until("the platform to come to rest", quiet)
    except NeverHappened:
        return Check(promise, kept=False, found="; ".join(seen["busy"]))
    written = sum(seen[service]["events_written"] for service in SERVICES)
    return Check(promise, kept=True, found=f"{written} events written, {seen['summary']['head']} in the log, 0 waiting")


def every_file_tells_its_story(story: Story, entries: list[Any]) -> Check:
    """Each application's events contain those that its story demands, in the order in which they happened."""
    files: dict[str, list[Any]] = defaultdict(list)
    for entry in entries:
        files[entry["file"] or ""].append(entry)
    faults: list[str] = []
    for name, expected in expected_files(story).items():
        happened = sorted(files[story.applications[name]], key=lambda entry: (entry["time"], entry["position"]))
        if missing := first_missing(expected, [entry["type"] for entry in happened]):
            faults.append(f"{name} lacks {missing}")
        reviewed = sum(entry["type"] == REVIEW_SUBMITTED for entry in happened)
        if reviewed != expected.count(REVIEW_SUBMITTED):
            faults.append(f"{name} has {reviewed} reviews")
    return Check(
        "Every expected event of every file exists, in order",
        kept=not faults,
        found="; ".join(faults) or f"{len(expected_files(story))} files as told",
    )


def first_missing(expected: list[str], happened: list[str]) -> str | None:
    """The first expected type that does not follow its predecessors in `happened`."""
    rest = iter(happened)
    return next((wanted for wanted in expected if wanted not in rest), None)


def no_aggregate_has_a_gap(entries: list[Any]) -> Check:
    """Each aggregate's sequence is 1, 2, 3 … in the order of the log."""
    heads: dict[tuple[str, str], int] = defaultdict(int)
    faults: list[str] = []
    for entry in sorted(entries, key=lambda entry: entry["position"]):
        aggregate = (entry["source"], entry["subject"])
        if entry["sequence"] != heads[aggregate] + 1:
            faults.append(f"{entry['subject']}: {entry['sequence']} after {heads[aggregate]}")
        heads[aggregate] = entry["sequence"]
    return Check(
        "No aggregate's sequence has a gap, a repeat or a swap",
        kept=not faults,
        found="; ".join(faults[:3]) or f"{len(heads)} aggregates in order",
    )


def no_event_twice(entries: list[Any]) -> Check:
    repeated = [event for event, count in Counter(entry["id"] for entry in entries).items() if count > 1]
    return Check("No event is in the log twice", kept=not repeated, found=f"{len(repeated)} repeated")


async def the_log_itself_finds_no_gap(story: Story) -> Check:
    answer = await story.platform.get(story.cast.staff, f"{LOG}/gaps")
    return Check(
        "notifications' own search for gaps finds none",
        kept=not answer["gaps"],
        found=f"{len(answer['gaps'])} gaps in {answer['head']} entries",
    )


def no_personal_data_in_events(story: Story, entries: list[Any]) -> Check:
    """The cast's names and addresses are canaries: none may be in an event."""
    canaries = [text for person in story.cast.people for text in (person.name, person.email)]
    canaries += [startup.name for startup in story.cast.startups] + [story.guest_email]
    text = " ".join(repr(entry["data"]) for entry in entries if entry["topic"] not in PERSONAL_TOPICS)
    found = [canary for canary in canaries if canary and canary in text]
    return Check(
        "No event names a person or a startup", kept=not found, found=f"{len(canaries)} canaries, {len(found)} seen"
    )


async def each_mail_arrived_once(story: Story) -> Check:
    """What the mail catcher took is what the story called for: nothing missing, nothing twice, nothing more."""
    expected = expected_mails(story)
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.get(f"{story.platform.mail}/messages", params={"to": f"@{story.cast.staff.mailbox}"})
    deliveries = answer.raise_for_status().json()["messages"]
    # A mail server may be told twice when a sender dies at the wrong moment; readers' programs go by the Message-ID.
    mails = {mail["message_id"]: mail for mail in deliveries}
    repeats = len(deliveries) - len(mails)
    arrived = Counter((mail["to"][0], mail["headers"]["X-DataCity-Template"]) for mail in mails.values())
    missing, extra = expected - arrived, arrived - expected
    faults = [f"{word} {to}: {what}" for word, some in (("no", missing), ("unexpected", extra)) for to, what in some]
    if repeats > story.mail_repeats_allowed:
        faults.append(f"{repeats} delivered again")
    return Check(
        "Each mail arrived once, in its reader's mailbox",
        kept=not faults,
        found="; ".join(faults[:4]) or f"{sum(arrived.values())} mails, {repeats} of them delivered again",
    )


async def each_webhook_arrived_once(story: Story, entries: list[Any]) -> Check:
    """Each milestone event of a partner's challenge reached that partner, signed, once."""
    expected = Counter(
        (entry["data"]["partner"], entry["type"])
        for entry in entries
        if entry["type"].startswith("io.datacity.milestone.") or entry["type"] in {EXPERIMENT_REPORTED, SELECTED}
    )
    receiver = story.receiver

    async def all_arrived() -> bool:
        return sum(receiver.arrivals.values()) >= sum(expected.values())

    try:
        await story.until("the webhooks", all_arrived)
    except NeverHappened as never:
        return Check("Each webhook arrived once, with a valid signature", kept=False, found=str(never))
    arrived = Counter((message["partner"], message["type"]) for message in receiver.verified.values())
    repeated = sum(receiver.arrivals.values()) - len(receiver.arrivals)
    faults = [f"missing {what}" for what in expected - arrived] + [f"unexpected {what}" for what in arrived - expected]
    if repeated:
        faults.append(f"{repeated} sent again")
    if receiver.refused:
        faults.append(f"{receiver.refused} with a bad signature")
    return Check(
        "Each webhook arrived once, with a valid signature",
        kept=not faults and bool(arrived),
        found="; ".join(faults[:4]) or f"{sum(arrived.values())} webhooks verified",
    )


EXPERIMENT_REPORTED = "io.datacity.experimentation.reported.v1"
SELECTED = "io.datacity.application.selected.v1"
