"""One run of the demonstration: where the platform is, the chapters in order, the verdict."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from rich.console import Console
from rich.table import Table

from infra.demo.applying import SealBroken, apply
from infra.demo.checks import check_all
from infra.demo.client import Platform, Refused
from infra.demo.convening import convene, unsubscribe
from infra.demo.incubating import experiment, incubate
from infra.demo.narrator import Narrator
from infra.demo.people import gather_cast
from infra.demo.receiver import Receiver
from infra.demo.selecting import ConflictIgnored, select
from infra.demo.story import Check, NeverHappened, Story
from infra.demo.timeline import print_timeline

SERVICES = ("applications", "selection", "incubation", "notifications")


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the caller asked for; `against` None means the local stack."""

    against: str | None
    call_seconds: int | None
    receiver_host: str | None
    patience: float
    mail_repeats: int


async def run_demo(wishes: Wishes) -> int:
    """The exit code: 0 if every promise was kept."""
    narrator = Narrator()
    run = secrets.token_hex(3)
    async with _platform(wishes, narrator) as platform:
        away = wishes.against is not None
        receiver = Receiver(host=wishes.receiver_host or ("host.docker.internal" if away else "127.0.0.1"))
        async with receiver.listening(bind="0.0.0.0" if away else "127.0.0.1"):  # noqa: S104  containers call back
            story = Story(
                platform=platform,
                cast=gather_cast(run),
                narrator=narrator,
                receiver=receiver,
                run=run,
                call_seconds=wishes.call_seconds,
                patience=wishes.patience,
                mail_repeats_allowed=wishes.mail_repeats,
            )
            return await _tell(story)


async def _tell(story: Story) -> int:
    narrator = story.narrator
    try:
        for chapter in (convene, apply, select, incubate, experiment):
            await chapter(story)
        narrator.chapter("Was every promise kept?")
        checks = await check_all(story)
        for partner in story.cast.partners.values():
            await unsubscribe(story, partner)
    except (Refused, NeverHappened, ConflictIgnored, SealBroken, httpx.HTTPError) as broken:
        narrator.console.print(f"[red]The story broke off.[/red] {type(broken).__name__}: {broken}", markup=True)
        return 1
    out = Console(highlight=False, width=None if Console().is_terminal else 130)
    await print_timeline(story, story.experimenter, out)
    return _verdict(checks, narrator, out)


def _verdict(checks: list[Check], narrator: Narrator, out: Console) -> int:
    table = Table(box=None, pad_edge=False, show_header=False)
    for check in checks:
        table.add_row("[green]kept[/green]" if check.kept else "[red]broken[/red]", check.promise, check.found)
    out.print()
    out.print(table)
    broken = sum(not check.kept for check in checks)
    words = f"{broken} of {len(checks)} promises broken" if broken else f"all {len(checks)} promises kept"
    narrator.console.print(f"\n[bold]{words}[/bold], in {narrator.seconds:.0f} s.")
    return 1 if broken else 0


@asynccontextmanager
async def _platform(wishes: Wishes, narrator: Narrator) -> AsyncIterator[Platform]:
    if wishes.against:
        origin = wishes.against.rstrip("/")
        platform = Platform(
            dict.fromkeys(SERVICES, origin),
            issuer=f"{origin}/dev/issuer",
            mail=f"{origin}/dev/mail",
            patience=wishes.patience,
        )
    else:
        platform = await _local_platform(narrator, wishes.patience)
    try:
        yield platform
    finally:
        await platform.close()


async def _local_platform(narrator: Narrator, patience: float) -> Platform:
    from infra.cli.progress import watching
    from infra.local.stack import Stack

    stack = Stack.open(os.environ.get("DATACITY_HOME"))
    with watching("Starting") as report:
        await stack.up(report=report)
    urls = stack.urls
    narrator.tell("The stack is up: PostgreSQL, Kafka, four services, an issuer, a mail catcher.")
    return Platform(
        {service: urls[service] for service in SERVICES}, issuer=urls["issuer"], mail=urls["mail"], patience=patience
    )
