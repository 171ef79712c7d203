"""The generated pages for people: the catalogue of events, and who may do what."""

import json
from collections.abc import Mapping

from infra.contracts.apps import app_of, permissions_of
from infra.contracts.examples import example_of
from infra.contracts.hearing import hearers, published_by, told_by_all
from infra.contracts.reading import reads
from infra.contracts.schemas import Carried, schema_of, sentence, topics_of
from infra.provision import SERVICES
from shared.events import EVENT_TOPICS, FORGETTABLES, Event
from shared.http import all_routes
from shared.identity.permissions_page import render_markdown

NOTICE = "<!-- Written by `make contracts`; change the code instead. -->\n"

INTRODUCTION = """\
Every fact of the programme is one of these. Each is a CloudEvent in Kafka's binary mode (headers and all in
[contracts/](contracts/)); the services named below act on it, and notifications keeps them all. They hold ids only: who
a person is travels in `people.v1`, what a file says in `dossiers.v1`, and both can be forgotten.

Under each event stands who reads which of its fields, followed through the code of each service from its
`consumers.py`; so whoever wants to change a field knows whom to ask. What nobody reads is still kept in the log. A
change that would break a reader is refused by `make check`, which names the rule and the readers.
"""

HOW_TO_READ = """\
A cell says under which relation to the thing, and in which state of it. What no cell allows is denied, and a service
with a route whose action is not in its table does not start. `anyone` needs no account.
"""


def events_page(since: Mapping[str, str]) -> str:
    """docs/events.md; `since` tells the release that first had a type, or a field of it as `type/field`."""
    heard = hearers()
    parts = [
        NOTICE,
        "# Events: who tells what, and who hears it\n",
        INTRODUCTION,
    ]
    everyones = told_by_all()
    described: set[str] = set()
    for service in SERVICES:
        events = {type_: event for type_, event in published_by(service).items() if type_ not in everyones}
        parts.append(f"## {service}\n\nTopic `{EVENT_TOPICS[service]}`, {len(events)} types.\n")
        parts.append(_table(events, heard))
        # An event that several services tell is in the table of each, and described under the first.
        parts += [
            _entry(event, heard.get(type_, []), since) for type_, event in events.items() if type_ not in described
        ]
        described |= events.keys()
    told = "what its operators did, and which personal data it erased"
    parts.append(f"## Every service\n\nOn its own topic, {len(everyones)} types: {told}.\n")
    parts.append(_table(everyones, heard))
    parts += [_entry(event, heard.get(type_, []), since) for type_, event in everyones.items()]
    parts.append("## Forgettable records\n")
    parts.append("In compacted topics: the newest record of a key holds, and a tombstone erases it in every service.\n")
    parts.extend(_entry(record, heard[record.TYPE], since) for record in FORGETTABLES.values())
    return "\n".join(parts).rstrip() + "\n"


def permissions_page() -> str:
    """docs/permissions.md."""
    parts = [
        NOTICE,
        "# Who may do what\n",
        HOW_TO_READ,
    ]
    for service in SERVICES:
        table = permissions_of(service)
        parts.append(render_markdown(table, title=service))
        parts.append("| action | route |\n|---|---|")
        parts.extend(
            f"| `{action}` | `{method} {path}` |"
            for action, method, path in sorted(
                (str(route.action), route.method, route.path) for route in all_routes(app_of(service))
            )
        )
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _table(events: Mapping[str, type[Event]], heard: Mapping[str, list[str]]) -> str:
    lines = ["| event | subject, and key if another | acted on by |\n|---|---|---|"]
    for type_, event in events.items():
        place = f"`{event.SUBJECT}`" + (f", in order per `{event.KEY}`" if event.KEY else "")
        lines.append(f"| [{event.__name__}](#{event.__name__.lower()}) | {place} | {_names(heard.get(type_, []))} |")
    return "\n".join([*lines, ""])


def _entry(carries: Carried, heard: list[str], since: Mapping[str, str]) -> str:
    type_ = carries.TYPE
    example = json.dumps(json.loads(example_of(carries)), indent=2, ensure_ascii=False)
    return "\n".join(
        [
            f"### {carries.__name__}\n",
            f"{sentence(carries)}\n",
            f"[`{type_}`](contracts/schemas/{type_}.json). {_told(carries)} {_since(carries, since)}\n",
            _readers(carries, heard),
            f"```json\n{example}\n```\n",
        ]
    )


def _told(carries: Carried) -> str:
    topics = topics_of(carries)
    on = " and ".join(f"`{topic}`" for topic in topics)
    if not issubclass(carries, Event):
        return f"On {on}."
    who = ", ".join(service for service in SERVICES if EVENT_TOPICS[service] in topics)
    return f"Told by {who} on {on}; subject `{carries.SUBJECT}`, key `{carries.KEY or carries.SUBJECT}`."


def _since(carries: Carried, since: Mapping[str, str]) -> str:
    first = since.get(carries.TYPE)
    if first is None:
        return "Not released yet."
    later = {name: since.get(f"{carries.TYPE}/{name}", "the next release") for name in schema_of(carries)["properties"]}
    added = [f"`{name}` since {version}" for name, version in later.items() if version != first]
    return f"Since {', '.join([first, *added])}."


def _readers(carries: Carried, heard: list[str]) -> str:
    read = reads()[carries.TYPE]
    lines = [f"| {service} | {_fields(read[service])} |" for service in read]
    lines += [
        f"| {service} | nothing of it{'; it is kept' if issubclass(carries, Event) else ': only its tombstones'} |"
        for service in (each.removesuffix(" (keeps it)") for each in heard)
        if service not in read
    ]
    known = {name for names in read.values() for name in names}
    if unread := [name for name in carries.model_fields if name not in known]:
        lines.append(f"| *nobody* | {_fields(unread)} |")
    return "\n".join(["| heard by | reads |", "|---|---|", *lines, ""])


def _fields(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _names(services: list[str]) -> str:
    acting = [service for service in services if not service.endswith("(keeps it)")]
    return ", ".join(acting) or "nobody; it is kept"
