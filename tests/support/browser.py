"""A real Chromium, the one of the system: `sh infra/chromium.sh` installs it, and so do `make check` and `make web`."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright

HOW = "Chromium is not installed: run `sh infra/chromium.sh`, or name one in DATACITY_CHROMIUM."
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-quic", "--no-first-run",
]  # fmt: skip
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def chromium() -> str | None:
    return os.environ.get("DATACITY_CHROMIUM") or shutil.which("chromium")


needs_chromium = pytest.mark.skipif(chromium() is None, reason=HOW)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
        yield started
        await started.close()


@dataclass
class Watched:
    """A page, and what it did that it must not: complaints of the browser, and requests to other origins."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


@asynccontextmanager
async def watched(context: BrowserContext, *, origin: str) -> AsyncIterator[Watched]:
    """At the end of the block nothing may have been complained of, and nothing asked of another origin."""
    found = Watched(await context.new_page())

    def asked(request: Request) -> None:
        if not request.url.startswith((f"{origin}/", "data:", "about:")) and urlsplit(request.url).scheme != "blob":
            found.foreign.append(request.url)

    found.page.on("request", asked)
    found.page.on("console", lambda said: found.complaints.append(said.text) if said.type == "error" else None)
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    yield found
    await found.page.close()
    assert found.complaints == []
    assert found.foreign == []


async def violations(page: Page) -> list[str]:
    """What axe finds, as lines: the rule, how bad it is, and where."""
    # Through the debugger's own door: the page's policy would refuse the script, as it should.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(f"() => {{ {axe()} ; return true }}")
    found: dict[str, Any] = await page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", TAGS
    )
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:200]} – {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


async def overflow(page: Page) -> int:
    """By how many pixels one would have to scroll sideways."""
    wide: int = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


@cache
def axe() -> str:
    """axe-core, out of a package that the lock names by its hash."""
    return (files("axe_playwright_python") / "axe.min.js").read_text()
