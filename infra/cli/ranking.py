"""`recompute-ranking FILE`: whether a frozen ranking is what its inputs give, on anybody's machine and offline."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

NOT_READ = 3
"""The exit code that says nothing of the ranking."""


def add_to(app: typer.Typer) -> None:
    app.command("recompute-ranking")(recompute_ranking)


def recompute_ranking(
    file: Annotated[
        Path, typer.Argument(help="What GET …/rankings/ID answered, or ranking.jsonl of an export: one or many.")
    ],
    print_: Annotated[bool, typer.Option("--print", help="Also write what was computed, as canonical JSON.")] = False,
) -> None:
    """Recompute frozen rankings from the inputs that they keep, offline, and compare byte for byte.

    Exit codes: 0 each is what its inputs give; 1 one is not, and stdout says what differs; 2 the command was not
    understood; 3 the file could not be read or names a method that this version does not know, which says nothing.
    """
    from services.selection.domain.ranking import UnknownMethod

    try:
        rankings = _rankings_in(file.read_text(encoding="utf-8"))
        differing = [_told(ranking, print_=print_) for ranking in rankings]
    except UnknownMethod as unknown:
        typer.echo(f"Take the version of DataCity that froze it: {unknown}.", err=True)
        raise typer.Exit(NOT_READ) from None
    except (OSError, ValueError, KeyError, TypeError) as unreadable:
        typer.echo(f"Give a file that holds frozen rankings with their inputs: {unreadable!r}.", err=True)
        raise typer.Exit(NOT_READ) from None
    if any(differing):
        raise typer.Exit(1)


def _rankings_in(text: str) -> list[Mapping[str, Any]]:
    """One JSON object, or one on each line. Raises ValueError."""
    try:
        rankings = [json.loads(text)]
    except ValueError:
        rankings = [json.loads(line) for line in text.splitlines() if line.strip()]
    if not rankings:
        message = "it is empty"
        raise ValueError(message)
    return rankings


def _told(ranking: Mapping[str, Any], *, print_: bool) -> bool:
    """Say whether it is what its inputs give; True if it is not."""
    from services.selection.domain.ranking import digest_of
    from services.selection.methods import libraries_of, rank

    inputs = ranking["inputs"]
    ranked = rank(inputs)
    # Rankings of the first release have no digest of their result: their lines are compared.
    compared = {
        "method": (ranking["method"], inputs["method"]),
        "digest of the inputs": (ranking["inputs_digest"], digest_of(inputs)),
        "files": (ranking["files"], ranked.files),
        "report": (ranking.get("report"), ranked.report),
        "digest of the result": (ranking.get("result_digest") or ranked.digest, ranked.digest),
    }
    wrong = [what for what, (kept, computed) in compared.items() if kept != computed]
    name = ranking.get("id", "the ranking")
    if print_:
        result = {"files": ranked.files, "report": ranked.report}
        typer.echo(json.dumps(result, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    if not wrong:
        typer.echo(f"{name}: the same, {ranked.digest} by {inputs['method']}.", err=print_)
        return False
    typer.echo(f"{name}: not what its inputs give; these differ: {', '.join(wrong)}.", err=print_)
    here, there = libraries_of(inputs["method"]), ranking.get("libraries")
    if there and there != here:
        typer.echo(f"  It was computed with {_versions(there)}, here with {_versions(here)}.", err=print_)
    return True


def _versions(libraries: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(libraries.items()))
