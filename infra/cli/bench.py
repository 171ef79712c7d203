"""`bench`: the benchmarks, each in a process of its own so that none warms up the next."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).resolve().parents[2]


def add_to(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all of them if left out.")] = None,
) -> None:
    """Measure this checkout; each figure is printed as JSON beside its reference, taken in the same run."""
    from infra.local.problems import LocalProblem

    there = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem != "__init__")
    if not there:
        message = "Run this from a checkout: the benchmarks are not part of an installed package."
        raise LocalProblem(message)
    if unknown := sorted(set(names or []) - set(there)):
        message = f"Choose among {', '.join(there)}: there is no benchmark named {', '.join(unknown)}."
        raise LocalProblem(message)
    for name in names or there:
        typer.echo(f"→ {name}", err=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT, check=False)
        if done.returncode:
            raise typer.Exit(1)
