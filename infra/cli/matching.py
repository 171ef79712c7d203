"""`check-matching FILE`: whether a matching is stable as its proof says, on anybody's machine and offline."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

NOT_READ = 3
"""The exit code that says nothing of the matching."""


def add_to(app: typer.Typer) -> None:
    app.command("check-matching")(check_matching)


def check_matching(
    file: Annotated[Path, typer.Argument(help="What GET …/decisions/ID/matching answered.")],
) -> None:
    """Check a matching by both sides' preferences and its proof: that no pair would both rather have each other.

    Exit codes: 0 it is stable, and what the method gives; 1 it is not, and stdout says what is wrong; 2 the command was
    not understood; 3 the file could not be read, which says nothing.
    """
    try:
        wrong, said = _found(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as unreadable:
        typer.echo(f"Give a file that holds a matching with its proof: {unreadable!r}.", err=True)
        raise typer.Exit(NOT_READ) from None
    for line in wrong or [said]:
        typer.echo(line)
    if wrong:
        raise typer.Exit(1)


def _found(answer: Mapping[str, Any]) -> tuple[list[str], str]:
    from services.selection.domain.markets import METHOD, Market
    from services.selection.domain.proof import faults_in
    from services.selection.domain.ranking import digest_of

    if answer["market"]["method"] != METHOD:
        message = f"{answer['market']['method']!r} is not a method that this version knows; it knows {METHOD}"
        raise ValueError(message)
    market = Market.from_json(answer["market"])
    matched = {UUID(startup): UUID(challenge) for startup, challenge in answer["matched"].items()}
    wrong = faults_in(market, matched, answer["proof"])
    digest = digest_of(answer["market"])
    if digest != answer["market_digest"]:
        wrong.append(f"The market's digest is {digest}, not {answer['market_digest']} as it says.")
    computed = market.match()
    for startup in sorted(computed.keys() | matched.keys()):
        if computed.get(startup) != matched.get(startup):
            wrong.append(f"{startup} got {matched.get(startup)}; the method gives it {computed.get(startup)}.")
    pairs = len(answer["proof"])
    return wrong, f"{len(matched)} matched; none of {pairs} other pairs would both rather have each other; {digest}."
