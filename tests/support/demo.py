"""Runs `datacity demo` as its user does, and lets a test act at the moments that it tells of."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class DemoRun:
    """A running demonstration; `said` waits until it tells of something."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lines: list[str] = []
        self._more = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    @property
    def story(self) -> str:
        return "".join(self._lines)

    async def said(self, words: str, *, seconds: float = 120) -> None:
        """Raises AssertionError, with the story so far, if it never says so."""

        def told() -> bool:
            return words in self.story or self._reading.done()

        async with asyncio.timeout(seconds), self._more:
            await self._more.wait_for(told)
        assert words in self.story, f"the demo never said {words!r}:\n{self.story}"

    async def finish(self, *, seconds: float = 240) -> tuple[int, str]:
        """Exit code and stdout."""
        assert self._process.stdout
        async with asyncio.timeout(seconds):
            output = await self._process.stdout.read()
            code = await self._process.wait()
            await self._reading
        return code, output.decode()

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        self._reading.cancel()

    async def _read(self) -> None:
        assert self._process.stderr
        async for line in self._process.stderr:
            async with self._more:
                self._lines.append(line.decode())
                self._more.notify_all()
        async with self._more:
            self._more.notify_all()


@asynccontextmanager
async def demo(home: Path, *options: str) -> AsyncIterator[DemoRun]:
    """`datacity demo` with its state at `home`."""
    environment = {**os.environ, "DATACITY_HOME": str(home), "COLUMNS": "200", "TERM": "dumb"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "infra.cli",
        "demo",
        *options,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    run = DemoRun(process)
    try:
        yield run
    finally:
        await run.stop()
