"""The generated pages for people: the catalogue of events, and who may do what."""

import json
from collections.abc import Mapping

from infra.contracts.apps import app_of, permissions_of
from infra.contracts.examples import example_of
from infra.contracts.hearing import hearers, published_by, told_by_all
from infra.contracts.schemas import Carried, sentence
from infra.provision import SERVICES
from shared.events import EVENT_TOPICS, FORGETTABLES, Event
from shared.http import all_routes
from shared.identity.permissions_page import render_markdown

NOTICE = "<!-- Written by `make contracts`; change the code instead. -->\n"

INTRODUCTION = """\
Every fact of the programme is one of these. Each is a CloudEvent in Kafka's binary mode (headers and all in
[contracts/](contracts/)); the services named below act on it, and notifications keeps them all. They hold ids only: who
a person is travels in `people.v1`, what a file says in `dossiers.v1`, and both can be forgotten.
"""

HOW_TO_READ = """\
A cell says under which relation to the thing, and in which state of it. What no cell allows is denied, and a service
with a route whose action is not in its table does not start. `anyone` needs no account.
"""


def events_page() -> str:
    """docs/events.md."""
    heard = hearers()
    parts = [
        NOTICE,
        "# Events: who tells what, and who hears it\n",
        INTRODUCTION,
    ]
    shared_types = told_by_all()
    for service in SERVICES:
        events = {type_: event for type_, event in published_by(service).items() if type_ not in shared_types}
        parts.append(f"## {service}\n\nTopic `{EVENT_TOPICS[service]}`, {len(events)} types.\n")
        parts += _catalogue(events, heard)
    parts.append(f"## Every service\n\nOn its own topic, {len(shared_types)} types: what its operators did.\n")
    parts += _catalogue(shared_types, heard)
    parts.append("## Forgettable records\n")
    parts.append("In compacted topics: the newest record of a key holds, and a tombstone erases it in every service.\n")
    for topic, record in FORGETTABLES.items():
        parts.append(_entry(record.TYPE, record, heard[record.TYPE], topic=topic))
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


def _catalogue(events: Mapping[str, type[Event]], heard: Mapping[str, list[str]]) -> list[str]:
    parts = ["| event | subject, and key if another | acted on by |\n|---|---|---|"]
    for type_, event in events.items():
        place = f"`{event.SUBJECT}`" + (f", in order per `{event.KEY}`" if event.KEY else "")
        parts.append(f"| [{event.__name__}](#{event.__name__.lower()}) | {place} | {_names(heard.get(type_, []))} |")
    return [*parts, "", *(_entry(type_, event, heard.get(type_, [])) for type_, event in events.items())]


def _entry(type_: str, carries: Carried, heard: list[str], *, topic: str = "") -> str:
    where = f"Topic `{topic}`. " if topic else ""
    example = json.dumps(json.loads(example_of(carries)), indent=2, ensure_ascii=False)
    contract = f"[`{type_}`](contracts/schemas/{type_}.json)"
    told = "Acted on by" if issubclass(carries, Event) else "Kept by"
    return (
        f"### {carries.__name__}\n\n{sentence(carries)}\n\n{where}{contract}. {told}: {_names(heard)}.\n\n"
        f"```json\n{example}\n```\n"
    )


def _names(services: list[str]) -> str:
    acting = [service for service in services if not service.endswith("(keeps it)")]
    return ", ".join(acting) or "nobody; it is kept"
