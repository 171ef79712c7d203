"""`python -m infra.contracts`: write the contracts, or with --check say what is stale or broken."""

import argparse
import sys

from infra.contracts.documents import broken, generated, stale, write


def main(arguments: list[str] | None = None) -> int:
    """0: in order. 1: stale or broken; the first line says what to do."""
    parser = argparse.ArgumentParser(prog="make contracts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument(
        "--break", action="store_true", dest="accept", help="write it although readers break: before a first release"
    )
    given = parser.parse_args(arguments)
    files = generated()
    if (breaks := broken(files)) and not given.accept:
        say("Publish a new version (.v2, or another route) beside the old: this change breaks who relies on it.")
        for name, rules in breaks.items():
            say(*(f"  {name}: {rule}" for rule in rules))
        return 1
    behind = stale(files)
    if given.check and behind:
        say("Run `make contracts` and commit what it writes: these files are behind the code.")
        say(*(f"  {name}" for name in behind))
        return 1
    if not given.check:
        write(files)
        say(f"{len(files)} files, {len(behind)} of them changed.")
    return 0


def say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
