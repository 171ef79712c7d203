"""All commands in one list; each module imports what it needs only when its command runs, so that `--help` is quick."""

import importlib
import sys
from importlib.util import find_spec
from typing import Any, cast

import typer

from infra.cli import (
    bench,
    dev,
    doctor,
    events,
    export,
    matching,
    offsets,
    outbox,
    people,
    quarantine,
    ranking,
    replay,
    scrub,
    serve,
    setup,
    stack,
    token,
    verify,
    witness,
)

EXIT_CODES = """
Exit codes: 0 done · 1 not done, the first line says what to do (status, doctor, replay,
recompute-ranking, check-matching: something isn't
as it should be; verify: a fault in the log) · 2 the command was not understood · 130 interrupted.
Data goes to stdout, progress to stderr.
"""

app = typer.Typer(
    name="datacity",
    help="DataCity: an open-innovation programme for a city, run end to end.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for module in (
    stack,
    doctor,
    serve,
    setup,
    token,
    events,
    export,
    people,
    quarantine,
    outbox,
    people,
    scrub,
    replay,
    matching,
    ranking,
    offsets,
    verify,
    witness,
    bench,
    dev,
):
    module.add_to(app)

# Written elsewhere; there once their package is.
ELSEWHERE = {"demo": "infra.demo.command"}
for name, module_name in ELSEWHERE.items():
    if find_spec(module_name.rpartition(".")[0]) and find_spec(module_name):
        app.command(name)(getattr(importlib.import_module(module_name), name))


def run() -> int:
    """The exit code of what the command line asks for."""
    from infra.local.problems import LocalProblem

    try:
        outcome = app(standalone_mode=False)
    except LocalProblem as problem:
        typer.echo(problem, err=True)
        return 1
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("Interrupted.", err=True)
        return 130
    except typer.TyperException as misunderstanding:
        cast("Any", misunderstanding).show()
        return misunderstanding.exit_code
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        sys.stderr.close()
        return 0
    return outcome if isinstance(outcome, int) else 0
