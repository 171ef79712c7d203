"""`doctor`: what this machine lacks for the local stack, and how to mend it."""

import json
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(json_: Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")] = False) -> None:
    """Check ports, disk, memory, Java, PostgreSQL, time zones, versions, permissions; exit code 1 if one fails."""
    from infra.local.doctor import examine
    from infra.local.home import Home

    findings = examine(Home.at())
    if json_:
        typer.echo(json.dumps([finding.as_dict() for finding in findings], indent=2))
    else:
        for finding in findings:
            typer.echo(f"{'ok  ' if finding.passed else 'MEND'}  {finding.check:22} {finding.found}")
            if not finding.passed:
                typer.echo(f"      {'':22} {finding.mend}")
    if not all(finding.passed for finding in findings):
        raise typer.Exit(1)
