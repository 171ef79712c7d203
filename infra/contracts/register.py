"""The generated register of personal data: column by column for what, whose, on what ground, how long, what ends it."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any, cast

from sqlalchemy import Table

from infra.provision import SERVICES
from shared.events.erasures import WHY_KEPT
from shared.personal import Act, Held, Purpose, Register
from shared.personal.purposes import purpose_of
from shared.personal.register import is_text_like

INTRODUCTION = """\
Which personal data the platform holds, as law 09-08 asks to declare. Each line is a column that says so itself
(`purposes.py` and the models of each service); a column of text that neither says so nor is declared to be about nobody
fails `make check`. So this page is whole, and so are the erasure of a person and the export of what is held on one,
which go by the same register ([adr/0012](adr/0012-erasing-a-person.md)).

"On forgetting" says what the person's tombstone does to the column: *erased* (the words go, the row stays), *deleted*
(the row goes), or *kept* with its reason. "With its file" means that the last member of a team takes the file along.
"""

HEAD = "| table | column | for what | whose | on what ground | how long | on forgetting |"

ELSEWHERE = """\
## Beside the tables of the services

| where | what | how long |
|---|---|---|
| `people.v1` | how to reach a person: name, address, language | until a tombstone; compacted away within five minutes |
| `dossiers.v1` | what one revision of a file says | the same |
| topics of events, `event_log`, `entry` | opaque ids of persons, never a name or words of a person | for ever |
| `outbox_pending.value` | a person or a dossier on its way to Kafka | seconds; a tombstone takes it out |
| `quarantine.value` | a record that could not be handled | until it is released or discarded; a tombstone ends it |
| `idempotency_keys.body` | the answer to a request that may be repeated | 24 hours; a tombstone deletes it |
| logs | ids alone: names and addresses are taken out by `shared/redaction.py` | as long as whoever runs it keeps logs |
| mail servers and partners' endpoints | what was sent before | theirs; webhooks name no person, not even by id |
| backups | all of the above | 90 days at most; whoever restores one replays the tombstones ([running](running.md)) |
"""


def register_of(service: str) -> Register:
    return cast("Register", importlib.import_module(f"services.{service}.personal").REGISTER)


def tables_of(service: str) -> Mapping[str, Table]:
    """The tables of a service's models, by name."""
    metadata: Any = importlib.import_module(f"services.{service}.models").Table.metadata
    return cast("Mapping[str, Table]", metadata.tables)


def register_page(notice: str) -> str:
    """docs/personal-data.md."""
    parts = [notice, "# Register of personal data\n", INTRODUCTION]
    for service in SERVICES:
        parts.append(f"## {service}\n")
        parts.append(f"{HEAD}\n|---|---|---|---|---|---|---|")
        parts += [_line(*each) for each in _stated(service)]
        parts.append("\nText on nobody:\n")
        parts += [f"- {each}" for each in _not_personal(register_of(service))]
        parts.append("")
    parts.append(ELSEWHERE)
    parts.append("## Why something is kept\n\n| reason | in words |\n|---|---|")
    parts += [f"| {reason} | {why} |" for reason, why in WHY_KEPT.items()]
    return "\n".join(parts).rstrip() + "\n"


def _stated(service: str) -> Iterator[tuple[str, str, Purpose, list[Held]]]:
    register = register_of(service)
    for name, table in tables_of(service).items():
        for column in table.columns:
            if purpose := purpose_of(column):
                holding = [held for held in register.held if held.name == name and column.name in held.columns]
                yield name, column.name, purpose, holding


def _line(table: str, column: str, purpose: Purpose, holding: list[Held]) -> str:
    ends = "; ".join(dict.fromkeys(_ends(held, column) for held in holding))
    cells = (f"`{table}`", f"`{column}`", purpose.purpose, purpose.whose, purpose.basis, purpose.retention, ends)
    return f"| {' | '.join(cells)} |"


def _ends(held: Held, column: str) -> str:
    with_file = " With its file: " + ("deleted." if held.deletes_with_file else "erased.") if held.with_file else ""
    match held.act:
        case Act.KEEP:
            return f"Kept: {held.because}.{with_file}"
        case Act.DELETE:
            return f"Deleted.{with_file}"
        case _:
            erased = "erased" if is_text_like(held.sql.c[column]) else "kept"
            return f"{erased.capitalize()}.{with_file}"


def _not_personal(register: Register) -> Iterator[str]:
    for table, why in register.not_personal.items():
        name = str(table.__tablename__)
        if isinstance(why, str):
            yield f"`{name}`: {why}."
        else:
            yield f"`{name}`: " + "; ".join(f"`{column}`, {reason}" for column, reason in why.items()) + "."
