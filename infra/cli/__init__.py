"""The `datacity` command: everything that one does with the platform from a terminal."""

import sys


def main() -> None:
    """Run the command line; anticipated failures end in a sentence that says what to do, not in a traceback."""
    from infra.cli.application import run

    sys.exit(run())
