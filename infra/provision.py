"""One database and two roles per service: the owner changes its tables, the runtime role only what is in them.

Beside them, roles in which a service reads less than it may: nobody signs in as one, the runtime role steps down to it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

SERVICES = ("applications", "selection", "incubation", "notifications")

STEPS_DOWN_TO: Mapping[str, tuple[str, ...]] = {"selection": ("datacity_selection_juror",)}
"""Service → roles that its runtime role can take on, and by itself has nothing of."""

# Any number does, as long as everybody who provisions takes the same one.
LOCK = 7_226_174


@dataclass(frozen=True, kw_only=True)
class Passwords:
    """Of one service's two roles."""

    owner: str
    runtime: str


@dataclass(frozen=True)
class ServiceDatabase:
    """How one service reaches its own database, in either role."""

    owner_url: str
    runtime_url: str


def owner_of(service: str) -> str:
    return f"datacity_{service}_owner"


def runtime_of(service: str) -> str:
    return f"datacity_{service}"


async def provision(admin_url: str, passwords: Mapping[str, Passwords]) -> dict[str, ServiceDatabase]:
    """Make sure that each service has its database and its roles; what is there already is left as it is."""
    admin = await asyncpg.connect(plain(admin_url))
    try:
        await admin.execute("SELECT pg_advisory_lock($1)", LOCK)
        return {
            service: await provision_service(admin, admin_url, service, secret) for service, secret in passwords.items()
        }
    finally:
        await admin.close()


async def provision_service(
    admin: asyncpg.Connection,
    admin_url: str,
    service: str,
    passwords: Passwords,
    *,
    database: str | None = None,
) -> ServiceDatabase:
    """Make sure of one service's roles and database; tests ask for a database of another name with the same roles."""
    database = database or runtime_of(service)
    owner, runtime = owner_of(service), runtime_of(service)
    await _ensure_role(admin, owner, passwords.owner)
    await _ensure_role(admin, runtime, passwords.runtime)
    narrow = STEPS_DOWN_TO.get(service, ())
    for role in narrow:
        await _ensure_narrow_role(admin, role, runtime)
    # An administrator who isn't a superuser (as on managed databases) may act for a role only as a member of it.
    if not await admin.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        await admin.execute(f"GRANT {_name(owner)} TO CURRENT_USER")
    if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
        await admin.execute(f"CREATE DATABASE {_name(database)} OWNER {_name(owner)}")
    await admin.execute(f"REVOKE ALL ON DATABASE {_name(database)} FROM PUBLIC")
    await admin.execute(f"GRANT CONNECT ON DATABASE {_name(database)} TO {_name(runtime)}")

    inside = await asyncpg.connect(at_database(admin_url, database))
    try:
        await inside.execute(
            f"""
            ALTER SCHEMA public OWNER TO {_name(owner)};
            REVOKE ALL ON SCHEMA public FROM PUBLIC;
            GRANT USAGE ON SCHEMA public TO {_name(runtime)};
            ALTER DEFAULT PRIVILEGES FOR ROLE {_name(owner)} IN SCHEMA public
                GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {_name(runtime)};
            ALTER DEFAULT PRIVILEGES FOR ROLE {_name(owner)} IN SCHEMA public
                GRANT USAGE ON SEQUENCES TO {_name(runtime)};
            """
        )
        for role in narrow:
            await inside.execute(f"GRANT USAGE ON SCHEMA public TO {_name(role)}")
    finally:
        await inside.close()
    return ServiceDatabase(
        owner_url=sqlalchemy(_with(admin_url, database=database, user=owner, password=passwords.owner)),
        runtime_url=sqlalchemy(_with(admin_url, database=database, user=runtime, password=passwords.runtime)),
    )


async def _ensure_role(admin: asyncpg.Connection, role: str, password: str) -> None:
    if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        await admin.execute(f"CREATE ROLE {_name(role)}")
    # Always: the password that we were given is the one that the service will come with.
    await admin.execute(f"ALTER ROLE {_name(role)} LOGIN PASSWORD {_literal(password)}")


async def _ensure_narrow_role(admin: asyncpg.Connection, role: str, runtime: str) -> None:
    if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        await admin.execute(f"CREATE ROLE {_name(role)} NOLOGIN")
    await admin.execute(f"GRANT {_name(role)} TO {_name(runtime)} WITH INHERIT FALSE, SET TRUE")


def plain(url: str) -> str:
    """The URL as asyncpg itself takes it."""
    return re.sub(r"^postgres(?:ql)?(?:\+\w+)?://", "postgresql://", url)


def sqlalchemy(url: str) -> str:
    """The URL as services take it."""
    return re.sub(r"^postgres(?:ql)?(?:\+\w+)?://", "postgresql+asyncpg://", url)


def at_database(url: str, database: str) -> str:
    """The same server, role and options, in another database."""
    return _with(url, database=database)


def _with(url: str, *, database: str, user: str | None = None, password: str | None = None) -> str:
    parts = urlsplit(plain(url))
    place = parts.netloc
    if user is not None and password is not None:
        place = f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=place, path=f"/{database}"))


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _literal(text: str) -> str:
    if "\\" in text or "\0" in text:
        message = "Choose a password without backslashes."
        raise ValueError(message)
    return "'" + text.replace("'", "''") + "'"
