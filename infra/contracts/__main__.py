"""`python -m infra.contracts`: write the contracts, or with --check say what is stale or broken."""

import argparse
import json
import sys

from infra.contracts.documents import ROOT, broken, contract_of, generated, stale, write
from infra.contracts.releases import AlreadyReleased, NotAVersion, release


def main(arguments: list[str] | None = None) -> int:
    """0: in order. 1: stale or broken; the first line says what to do."""
    parser = argparse.ArgumentParser(prog="make contracts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument(
        "--break",
        action="store_true",
        dest="accept",
        help="write it although it breaks what is committed; what is released can't be broken",
    )
    parser.add_argument("--release", metavar="VERSION", help="keep today's contracts as those of a released version")
    given = parser.parse_args(arguments)
    files = generated()
    if breaks := broken(files, unreleased=not given.accept):
        say("Publish a new version (.v2, or another route) beside the old: this change breaks who relies on it.")
        for name, rules in breaks.items():
            say(*(f"  {name}: {rule}" for rule in rules))
        return 1
    behind = stale(files)
    if behind and (given.check or given.release):
        say("Run `make contracts` and commit what it writes: these files are behind the code.")
        say(*(f"  {name}" for name in behind))
        return 1
    if given.release:
        return keep(given.release, files)
    if not given.check:
        write(files)
        say(f"{len(files)} files, {len(behind)} of them changed.")
    return 0


def keep(version: str, files: dict[str, str]) -> int:
    """Keep what is generated as a release; the catalogue then names it."""
    documents = {name: json.loads(text) for name, text in files.items() if name.endswith(".json")}
    try:
        name = release(contract_of(documents, version), ROOT)
    except (AlreadyReleased, NotAVersion) as refused:
        say(str(refused))
        return 1
    write(generated())
    say(f"Commit {name} and docs/events.md: every later change is checked against them.")
    return 0


def say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
