"""Prints one startup's story from the log: what happened, when, who told it, and what caused it."""

from datetime import datetime

from rich.console import Console
from rich.table import Table

from infra.demo.story import Story

ABOUT_TELLING = ("io.datacity.mail.", "io.datacity.webhook.")
"""Types that say who was told, and not what happened to the startup."""


async def print_timeline(story: Story, startup: str, console: Console) -> None:
    """The file's events from draft to experimentation, as notifications serves them to staff."""
    application = story.applications[startup]
    answer = await story.platform.get(story.cast.staff, f"/api/notifications/v1/files/{application}/timeline")
    table = Table(title=f"“{startup}” from draft to experimentation", title_justify="left", box=None, pad_edge=False)
    for heading in ("time (UTC)", "service", "what happened", "after", "because of"):
        table.add_column(heading, no_wrap=True)
    before: datetime | None = None
    for line in sorted(answer["lines"], key=lambda line: line["time"]):
        if line["type"].startswith(ABOUT_TELLING):
            continue
        happened = datetime.fromisoformat(line["time"])
        table.add_row(
            f"{happened:%H:%M:%S.%f}"[:-3],
            line["service"],
            spoken(line["type"]),
            f"+{(happened - before).total_seconds():.1f} s" if before else "",
            spoken(line["caused_by_type"]) if line.get("caused_by_type") else "a person",
        )
        before = happened
    console.print(table)


def spoken(event_type: str) -> str:
    """`io.datacity.data-access.granted.v1` as people would say it: `data access granted`."""
    return " ".join(event_type.removeprefix("io.datacity.").split(".")[:-1]).replace("-", " ")
