"""The figures there are: at which sizes each is measured, and what its table and its chart are called."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A benchmark, as whoever runs it and whoever reads of it know it."""

    name: str
    title: str
    sizes: tuple[int, ...]
    """In events; what is measured when nobody says otherwise."""
    most: int
    """More than this takes too long to be worth it: at a steady pace, or with a request each."""
    more_is_better: bool = True
    peers: bool = False
    """Knows `--no-peers`."""
    debezium: bool = False
    """Knows `--debezium`."""


FIGURES = {
    figure.name: figure
    for figure in (
        Figure(
            name="relay",
            title="From the outbox to Kafka, in order per key",
            sizes=(10_000, 100_000, 1_000_000),
            most=1_000_000,
            peers=True,
            debezium=True,
        ),
        Figure(
            name="latency",
            title="From a commit until its event can be read in Kafka, at 200 events a second",
            sizes=(4_000,),
            most=4_000,
            more_is_better=False,
            debezium=True,
        ),
        Figure(
            name="consumer",
            title="Events taken in and handled, each effect once, by one process",
            sizes=(10_000, 100_000),
            most=1_000_000,
        ),
        Figure(
            name="writing",
            title="A change and its event, committed together",
            sizes=(10_000, 100_000),
            most=100_000,
        ),
        Figure(
            name="journal",
            title="Events sealed into the journal, proven, and verified",
            sizes=(10_000, 100_000, 1_000_000),
            most=1_000_000,
        ),
        Figure(
            name="monitor",
            title="A page of the monitor over a long log",
            sizes=(1_000_000,),
            most=1_000_000,
            more_is_better=False,
        ),
        Figure(
            name="assignment",
            title="Files assigned to jurors, a juror for each ten files",
            sizes=(500, 2_000),
            most=5_000,
            more_is_better=False,
        ),
        Figure(name="submit", title="Applications submitted over HTTP", sizes=(3_000,), most=3_000),
        Figure(
            name="saving",
            title="A save of a draft while 200 people write, upload and hand in",
            sizes=(6_000,),
            most=6_000,
            more_is_better=False,
        ),
    )
}


def sizes_of(figure: Figure, wanted: list[int] | None) -> list[int]:
    """Those asked for, none above what this figure can bear, none twice."""
    return list(dict.fromkeys(min(size, figure.most) for size in wanted or figure.sizes))
