"""The command line, each time in a process of its own that doesn't import everything anew: forked off one that has."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WARM = ("aiokafka", "asyncpg", "httpx", "infra.cli.application", "infra.local.stack", "shared.settings", "sqlmodel")
PATIENCE = 120
"""Seconds; a command that takes longer is ended by a signal."""


def datacity(*arguments: str, home: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """What `datacity ARGUMENTS` said and how it ended, with nothing of ours in its environment but what is given."""
    asked = {"arguments": arguments, "environment": {"DATACITY_HOME": str(home), "NO_COLOR": "1"} | environment}
    server = _server()
    assert server.stdin
    assert server.stdout
    server.stdin.write(json.dumps(asked) + "\n")
    server.stdin.flush()
    return subprocess.CompletedProcess(arguments, **json.loads(server.stdout.readline()))


@cache
def _server() -> "subprocess.Popen[str]":
    """Ends when we do, as its input ends."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DATACITY_")}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.commands"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=clean,
    )


def _serve() -> None:
    import importlib

    for name in WARM:
        importlib.import_module(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as told:
        child = os.fork()
        if child == 0:
            _run(asked, said.fileno(), told.fileno())
        _, status = os.waitpid(child, 0)
        texts = []
        for each in (said, told):
            each.seek(0)
            texts.append(each.read().decode())
    return {"returncode": os.waitstatus_to_exitcode(status), "stdout": texts[0], "stderr": texts[1]}


def _run(asked: dict[str, Any], said: int, told: int) -> None:
    """In the child, for good: as the interpreter would, but that nothing of the parent's is torn down."""
    import traceback

    signal.alarm(PATIENCE)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for mine, standard in ((nothing, 0), (said, 1), (told, 2)):
        os.dup2(mine, standard)
    os.environ.update(asked["environment"])
    sys.argv = ["datacity", *asked["arguments"]]
    code: Any = 0
    try:
        from infra.cli import main

        main()
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve()
