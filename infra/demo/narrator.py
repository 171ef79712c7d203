"""Tells on stderr what happens, as people would tell it, and how long each chapter took."""

import time

from rich.console import Console


class Narrator:
    """Chapters and sentences; the time in front is seconds since the beginning."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def chapter(self, title: str) -> None:
        self.console.print()
        self.console.rule(f"[bold]{title}[/bold]", align="left", style="dim")

    def tell(self, sentence: str) -> None:
        self.console.print(f"[dim]{self.seconds:5.1f} s[/dim]  {sentence}")

    def aside(self, sentence: str) -> None:
        """A detail that a hurried reader may skip."""
        self.console.print(f"         [dim]{sentence}[/dim]")
