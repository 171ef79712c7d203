"""Which files can be compared at all: those that common jurors link, directly or by way of other files."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from shared.errors import Conflict


class DesignDisconnected(Conflict):
    slug = "design-disconnected"

    def __init__(self, groups: Sequence[Sequence[str]]) -> None:
        super().__init__(
            f"No juror links these {len(groups)} groups of files, so nobody can tell a strong group from generous "
            "jurors. Have one juror of each group read a file of another; or freeze with `accept_groups`, which "
            "compares them as if all jurors were alike on average, and says so in the ranking.",
            groups=[list(group) for group in groups],
        )


def groups_of(files: Collection[str], readings: Iterable[tuple[str, int]]) -> list[list[str]]:
    """The files in groups that no juror links, by (file, juror) of each review; each sorted, by their first file."""
    read_by: dict[str, set[int]] = {file: set() for file in files}
    reads: dict[int, set[str]] = {}
    for file, juror in readings:
        read_by[file].add(juror)
        reads.setdefault(juror, set()).add(file)
    groups, seen = [], set[str]()
    for file in sorted(read_by):
        if file not in seen:
            group = _linked_to(file, read_by, reads)
            seen |= group
            groups.append(sorted(group))
    return groups


def check_connected(groups: Sequence[Sequence[str]], *, accept_groups: bool) -> None:
    """Raise DesignDisconnected unless all files can be compared, or staff accept that they can't."""
    if len(groups) > 1 and not accept_groups:
        raise DesignDisconnected(groups)


def _linked_to(start: str, read_by: Mapping[str, set[int]], reads: Mapping[int, set[str]]) -> set[str]:
    group, waiting = {start}, [start]
    while waiting:
        linked = {other for juror in read_by[waiting.pop()] for other in reads[juror]} - group
        group |= linked
        waiting.extend(linked)
    return group
