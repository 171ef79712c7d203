"""`provision`, `migrate`, `topics`: what has to be there before a service starts, each safe to run again."""

import asyncio
import os
from collections.abc import Awaitable
from typing import Annotated, TypeVar

import typer

T = TypeVar("T")


def add_to(app: typer.Typer) -> None:
    for command in (provision, migrate, topics):
        app.command()(command)


def provision() -> None:
    """Create each service's database and roles.

    Reads DATACITY_ADMIN_URL, and for each service DATACITY_<SERVICE>_PASSWORD (its runtime role) and
    DATACITY_<SERVICE>_OWNER_PASSWORD (the role that migrates).
    """
    from infra.provision import SERVICES, Passwords
    from infra.provision import provision as make

    admin_url = _variable(
        "DATACITY_ADMIN_URL", "PostgreSQL as an administrator, postgresql://user:password@host/postgres"
    )
    passwords = {
        service: Passwords(
            owner=_variable(f"DATACITY_{service.upper()}_OWNER_PASSWORD", f"the password of {service}'s owner role"),
            runtime=_variable(f"DATACITY_{service.upper()}_PASSWORD", f"the password of {service}'s runtime role"),
        )
        for service in SERVICES
    }
    for service in asyncio.run(from_postgres(make(admin_url, passwords))):
        typer.echo(f"provisioned {service}")


def migrate(
    services: Annotated[
        list[str] | None, typer.Argument(help="Which services; all of the local stack if none.")
    ] = None,
) -> None:
    """Bring databases to this version's tables, with DATACITY_MIGRATION_URL (one service) or the local stack's."""
    from infra.installed import available_services
    from infra.local.problems import LocalProblem
    from shared.database.migrate import upgrade

    chosen = services or available_services()
    if unknown := sorted(set(chosen) - set(available_services())):
        message = f"Name one of {', '.join(available_services())}: there is no service {', '.join(unknown)}."
        raise LocalProblem(message)
    url = os.environ.get("DATACITY_MIGRATION_URL")
    if url and len(chosen) != 1:
        message = "Name one service: DATACITY_MIGRATION_URL is the database of just one."
        raise LocalProblem(message)
    urls = {} if url else local_urls()
    for service in chosen:
        target = url or urls.get(f"migration:{service}")
        if not target:
            message = "Set DATACITY_MIGRATION_URL, or start the local stack with `datacity up`."
            raise LocalProblem(message)
        asyncio.run(from_postgres(upgrade(service, target)))
        typer.echo(f"migrated {service}")


def topics(
    replication_factor: Annotated[
        int, typer.Option(envvar="DATACITY_TOPIC_REPLICATION", help="Copies of each partition; 3 in production.")
    ] = 1,
    min_insync_replicas: Annotated[
        int, typer.Option(envvar="DATACITY_TOPIC_MIN_INSYNC", help="Copies that must have an event; 2 in production.")
    ] = 1,
    largest_record: Annotated[
        int, typer.Option(envvar="DATACITY_LARGEST_RECORD_BYTES", help="Bytes of the largest record that relays send.")
    ] = 900_000,
) -> None:
    """Create the Kafka topics that are missing and set right those that drifted, at DATACITY_KAFKA or locally."""
    from infra.topics import ensure_topics

    bootstrap = os.environ.get("DATACITY_KAFKA") or local_urls().get("kafka")
    if not bootstrap:
        bootstrap = _variable("DATACITY_KAFKA", "Kafka's bootstrap servers")
    done = asyncio.run(
        ensure_topics(
            bootstrap,
            replication_factor=replication_factor,
            min_insync_replicas=min_insync_replicas,
            largest_record=largest_record,
        )
    )
    typer.echo("\n".join(done) or "all topics are as they should be")


def local_urls() -> dict[str, str]:
    """What the local stack knows; imported only then, as a deployed service doesn't bring the stack's libraries."""
    from infra.local.stack import Stack

    return Stack.open().urls


def _variable(name: str, meaning: str) -> str:
    from infra.local.problems import LocalProblem

    value = os.environ.get(name)
    if not value:
        message = f"Set {name}: {meaning}."
        raise LocalProblem(message)
    return value


async def from_postgres(work: Awaitable[T]) -> T:
    """Wait for it; a database that can't be reached or entered is an answer, not a traceback."""
    import asyncpg

    from infra.local.problems import LocalProblem

    try:
        return await work
    except (OSError, asyncpg.InvalidAuthorizationSpecificationError, asyncpg.CannotConnectNowError) as error:
        message = f"Check the database's URL, and that it runs: it can't be reached ({error})."
        raise LocalProblem(message) from error
