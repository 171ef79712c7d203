"""Asking a running service's operators' routes from the command line: where it is, by which token, what it refuses."""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any

import typer


class Operations:
    """The routes under `/operations` of one service, at DATACITY_ORIGIN or in the local stack."""

    def __init__(self, service: str) -> None:
        from infra.local.problems import LocalProblem
        from infra.provision import SERVICES

        if service not in SERVICES:
            message = f"Name one of {', '.join(SERVICES)}: there is no service {service}."
            raise LocalProblem(message)
        self.service = service
        origin = os.environ.get("DATACITY_ORIGIN") or _local_url(service)
        if not origin:
            message = "Set DATACITY_ORIGIN, or start the local stack with `datacity up`."
            raise LocalProblem(message)
        self.url = f"{origin.rstrip('/')}/api/{service}/v1/operations"
        self._token = os.environ.get("DATACITY_TOKEN") or _local_token()

    def get(self, path: str, **params: Any) -> Any:
        wanted = {name: value for name, value in params.items() if value is not None}
        return self._ask("GET", path, params=wanted)

    def pages(self, path: str, *, most: int, **params: Any) -> list[Any]:
        """The first `most` of a list, over as many pages as that takes."""
        found: list[Any] = []
        cursor: str | None = None
        while len(found) < most:
            page = self.get(path, limit=min(200, most - len(found)), cursor=cursor, **params)
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        return found

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("POST", path, json=body)

    def download(self, path: str, into: IO[bytes]) -> None:
        """What a POST without a body answers, as it comes."""
        import httpx

        from infra.local.problems import LocalProblem

        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            with httpx.stream("POST", self.url + path, headers=headers, timeout=90, trust_env=False) as answer:
                if not answer.is_success:
                    raise LocalProblem(str(_told(answer).get("detail", answer.status_code)))
                for chunk in answer.iter_bytes():
                    into.write(chunk)
        except httpx.HTTPError as error:
            raise LocalProblem(self._does_not_answer(error)) from error

    def _does_not_answer(self, error: Exception) -> str:
        return f"Look whether {self.service} runs: {self.url} doesn't answer as it should ({error})."

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        import httpx

        from infra.local.problems import LocalProblem

        try:
            answer = httpx.request(
                method,
                self.url + path,
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=90,
                trust_env=False,
                **options,
            )
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise LocalProblem(self._does_not_answer(error)) from error
        if not answer.is_success:
            faults = [f"  {fault['pointer']}: {fault['detail']}" for fault in told.get("errors", ())]
            raise LocalProblem("\n".join([str(told.get("detail", answer.status_code)), *faults]))
        return told


def _told(answer: Any) -> Any:
    """The problem document of an answer that is read only now."""
    try:
        answer.read()
        return answer.json()
    except ValueError:
        return {}


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """On stdout, as wide as it needs to be where nobody looks."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else 240).print(table)


def rehearsed(
    act: Callable[[bool], Any], *, show: Callable[[Any], None], question: Callable[[Any], str], dry_run: bool, yes: bool
) -> Any | None:
    """What `act(dry_run)` answers: the rehearsal is shown first and agreed to, unless `yes`. None if it was all."""
    if yes and not dry_run:
        return act(False)
    would = act(True)
    show(would)
    if dry_run:
        return None
    typer.confirm(question(would), abort=True, err=True)
    return act(False)


def _local_url(service: str) -> str | None:
    from infra.local.stack import Stack

    return Stack.open().urls.get(service)


def _local_token() -> str:
    """A token of staff, as `datacity token --role staff` makes it."""
    from infra.local.stack import Stack
    from infra.local.tokens import fetch_token, same_person

    return fetch_token(Stack.open().urls.get("issuer"), person=same_person(["staff"]), roles=["staff"])
