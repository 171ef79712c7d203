"""`export`: the whole programme as files, and whether files that were taken out are still those."""

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.operating import Operations, show_table


def add_to(app: typer.Typer) -> None:
    app.command()(export)


def export(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder; with --check, one that was taken out.")],
    service: Annotated[
        list[str] | None, typer.Option(help="applications, selection, incubation or notifications; by default all.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Compare the folder with its own digests instead.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="The manifests, on stdout.")] = False,
) -> None:
    """Take every table out: CSV that a spreadsheet opens safely, exact JSON Lines, a manifest of digests per service.

    Asks the services at DATACITY_ORIGIN with DATACITY_TOKEN, else the local stack's as staff; each tells that it was
    exported. Keys and secrets stay inside. `sha256sum --check */SHA256SUMS` in the folder checks it too.
    """
    from infra.provision import SERVICES

    wanted = service or list(SERVICES)
    manifests = _checked(folder, wanted) if check else _taken_out(folder, wanted)
    if json_:
        typer.echo(json.dumps(manifests, ensure_ascii=False))
        return
    show_table(
        ("service", "table", "rows", "columns left out"),
        [
            (manifest["service"], table["table"], table["rows"], ", ".join(table["left_out"]))
            for manifest in manifests
            for table in manifest["tables"]
        ],
    )


def _taken_out(folder: Path, services: list[str]) -> list[dict[str, Any]]:
    from infra.local.problems import LocalProblem

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = f"Name a new or an empty folder: {folder} holds something."
        raise LocalProblem(message)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # what is in it is personal
    for name in services:
        typer.echo(f"  {name} …", err=True)
        with tempfile.TemporaryFile() as archive:
            Operations(name).download("/export", archive)
            _unpack(archive, folder, name)
    return _checked(folder, services)


def _unpack(archive: Any, folder: Path, service: str) -> None:
    from infra.local.problems import LocalProblem

    try:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder)  # zipfile itself keeps names inside of the folder
    except zipfile.BadZipFile as error:
        message = f"Take {service} out again: what came is no whole archive ({error})."
        raise LocalProblem(message) from error


def _checked(folder: Path, services: list[str]) -> list[dict[str, Any]]:
    from infra.local.problems import LocalProblem
    from shared.exporting import Damaged, check_folder

    try:
        return [check_folder(folder, name) for name in services]
    except Damaged as damaged:
        message = f"Take it out again, or find who changed it: {damaged}"
        raise LocalProblem(message) from damaged
