"""`token`: sign in to the local stack as anybody."""

from typing import Annotated
from uuid import UUID

import typer


def add_to(app: typer.Typer) -> None:
    app.command()(token)


def token(
    role: Annotated[
        list[str], typer.Option(help="applicant, juror, staff, partner, city, coach or auditor; may be repeated.")
    ],
    person: Annotated[
        UUID | None, typer.Option(help="The person's id; by default the same one for the same roles and organisation.")
    ] = None,
    organisation: Annotated[str | None, typer.Option(help="inwi, lydec, holcim, casablanca, numa …")] = None,
    ttl: Annotated[int, typer.Option(help="Seconds that the token is good for.")] = 3600,
    audience: Annotated[str, typer.Option(help="Who the token is for.")] = "datacity",
) -> None:
    """Print a token of the local issuer, for `curl -H "Authorization: Bearer $(datacity token --role staff)"`."""
    from infra.local.stack import Stack
    from infra.local.tokens import fetch_token, same_person

    issuer = Stack.open().urls.get("issuer")
    who = person or same_person(role, organisation)
    typer.echo(fetch_token(issuer, person=who, roles=role, organisation=organisation, ttl=ttl, audience=audience))
