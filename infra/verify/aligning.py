"""Two lists of hashes that should be alike: what was edited, taken out, put in, swapped or cut off between them."""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

from infra.verify.faults import EditedEntry, Fault, InsertedEntry, MissingEntry, ReorderedEntries, Truncated

Leaves = Sequence[bytes | None]
"""Hashes by entry; None where it is not known, and so not compared."""


def differences(true: Leaves, found: Leaves, *, by: str, may_grow: bool = False) -> list[Fault]:
    """What happened to the true entries until they were the found ones; `by` names where the true ones are from.

    With `may_grow`, entries after all the true ones are none of our business.
    """
    true, found = _completed(true, found)
    if (may_grow or len(true) == len(found)) and (swapped := _swaps(true, found)):
        return [ReorderedEntries(one, other, by) for one, other in swapped]
    start = _common(true, found)
    end = 0 if may_grow else _common(true[start:][::-1], found[start:][::-1])
    middle = _Middle(true[start : len(true) - end], found[start : len(found) - end], start, by)
    return list(middle.faults(to_the_end=not end, may_grow=may_grow))


def shared_prefix(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """How many entries both begin with."""
    return _common(one, other)


class _Middle:
    """What is left between a common beginning and a common end."""

    def __init__(self, true: list[bytes | None], found: list[bytes | None], start: int, by: str) -> None:
        self.true, self.found, self.start, self.by = true, found, start, by
        self.partners = _partners(true, found)
        """Where in `found` each of `true` is again; None if nowhere."""

    def faults(self, *, to_the_end: bool, may_grow: bool) -> Iterator[Fault]:
        in_order = _longest_rise(self.partners)
        taken = {place for place in self.partners if place is not None}
        before_true = before_found = 0
        for nth in [*in_order, None]:
            until_true = len(self.true) if nth is None else nth
            until_found = len(self.found) if nth is None else self.partners[nth] or 0
            lost = [each for each in range(before_true, until_true) if self.partners[each] is None]
            new = [each for each in range(before_found, until_found) if each not in taken]
            yield from self._edited(lost, new)
            yield from self._unpaired(
                lost[len(new) :], new[len(lost) :], last=nth is None and to_the_end, may_grow=may_grow
            )
            before_true, before_found = until_true + 1, until_found + 1
        kept = set(in_order)
        for nth, place in enumerate(self.partners):
            if place is not None and nth not in kept:
                yield ReorderedEntries(self.start + nth, self.start + place, self.by, swapped=False)

    def _edited(self, lost: list[int], new: list[int]) -> Iterator[Fault]:
        for old, _ in zip(lost, new, strict=False):
            yield EditedEntry(self.start + old, self.by)

    def _unpaired(self, lost: list[int], new: list[int], *, last: bool, may_grow: bool) -> Iterator[Fault]:
        for first, count in _runs(lost):
            if last and first + count == len(self.true):
                yield Truncated(self.start + first, self.start + first + count, self.by)
            else:
                yield MissingEntry(self.start + first, self.by, count)
        if not (last and may_grow):
            for each in new:
                yield InsertedEntry(self.start + each, self.by)


def _completed(true: Leaves, found: Leaves) -> tuple[list[bytes | None], list[bytes | None]]:
    """With what the one doesn't know taken from the other."""
    known = [
        (mine, its) if mine is not None and its is not None else (mine or its, its or mine)
        for mine, its in zip(true, found, strict=False)
    ]
    ours, theirs = [mine for mine, _ in known], [its for _, its in known]
    return [*ours, *true[len(ours) :]], [*theirs, *found[len(theirs) :]]


def _swaps(true: Leaves, found: Leaves) -> list[tuple[int, int]]:
    """The pairs that changed places, if that explains every difference."""
    if len(found) < len(true):
        return []
    differing = [nth for nth, each in enumerate(true) if each != found[nth]]
    waiting = set(differing)
    places: dict[bytes | None, deque[int]] = defaultdict(deque)
    for nth in differing:
        places[found[nth]].append(nth)
    pairs = []
    for nth in differing:
        if nth not in waiting:
            continue
        other = next((each for each in places[true[nth]] if each in waiting and true[each] == found[nth]), None)
        if other is None:
            return []
        waiting -= {nth, other}
        pairs.append((nth, other))
    return pairs


def _common(one: Leaves, other: Leaves) -> int:
    limit = min(len(one), len(other))
    return next((nth for nth in range(limit) if one[nth] != other[nth]), limit)


def _partners(true: Leaves, found: Leaves) -> list[int | None]:
    places: dict[bytes | None, deque[int]] = defaultdict(deque)
    for nth, each in enumerate(found):
        places[each].append(nth)
    return [places[each].popleft() if places.get(each) else None for each in true]


def _longest_rise(places: Sequence[int | None]) -> list[int]:
    """The longest choice of indexes whose places rise: what was not moved (patience sorting)."""
    tops: list[int] = []
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for nth, place in enumerate(places):
        if place is None:
            continue
        pile = bisect_left(tops, place)
        before[nth] = ends[pile - 1] if pile else None
        if pile == len(tops):
            tops.append(place)
            ends.append(nth)
        else:
            tops[pile], ends[pile] = place, nth
    chain: list[int] = []
    at = ends[-1] if ends else None
    while at is not None:
        chain.append(at)
        at = before[at]
    return chain[::-1]


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Numbers side by side, as the first and how many."""
    first, count = 0, 0
    for each in numbers:
        if count and each == first + count:
            count += 1
            continue
        if count:
            yield first, count
        first, count = each, 1
    if count:
        yield first, count
