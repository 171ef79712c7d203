"""`bench`: the benchmarks of a checkout, beside their references; they say themselves what they can be asked."""

import subprocess
import sys
from pathlib import Path

import typer

ROOT = Path(__file__).resolve().parents[2]
# Benchmarks know their options, and their --help tells them.
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def add_to(app: typer.Typer) -> None:
    app.command(context_settings=PASSED_ON)(bench)


def bench(context: typer.Context) -> None:
    """Measure this checkout; each figure is printed as JSON beside its reference, taken in the same run."""
    from infra.local.problems import LocalProblem

    if not (ROOT / "benchmarks" / "__main__.py").exists():
        message = "Run this from a checkout: the benchmarks are not part of an installed package."
        raise LocalProblem(message)
    done = subprocess.run([sys.executable, "-m", "benchmarks", *context.args], cwd=ROOT, check=False)
    raise typer.Exit(done.returncode)
