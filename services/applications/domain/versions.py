"""Which of a draft's many saves are kept: one for each sitting of a member, once nobody begins with the others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.applications.domain.drafts import Value

SITTING = timedelta(minutes=10)
"""Saves of one member within this time are one version to whoever reads them."""
EXACT_FOR = timedelta(minutes=30)
"""So long each single save is kept, as another member's page may still have been opened at it."""
MOST_KEPT = 200
"""Versions of one draft; beyond, the oldest are joined to the one after."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """What one save, or those of one sitting, changed."""

    number: int
    author_id: UUID
    pen: UUID | None
    since: datetime
    saved_at: datetime
    changes: Mapping[str, Value]
    aside: Mapping[str, Value] = field(default_factory=dict)
    """As sent, where the draft came to say something else: it was merged, or met another's words."""
    restored: int | None = None


@dataclass
class _Sitting:
    """One member's saves within a while, and which fields others saved in between."""

    saves: list[Version]
    touched: set[str] = field(default_factory=set)

    def takes(self, save: Version) -> bool:
        first, last = self.saves[0], self.saves[-1]
        # Words that were kept aside stay a version of their own, unless the same pen went on with them.
        went_on = not last.aside or (last.pen == save.pen and last.aside.keys() <= save.aside.keys())
        # Joined, the earlier saves come to stand where the last one does, which must not undo another's.
        overtakes = any(self.touched & each.changes.keys() for each in self.saves)
        within = save.saved_at - first.since < SITTING
        return within and went_on and not overtakes and save.restored is last.restored is None


def sittings(saves: Iterable[Version]) -> list[list[Version]]:
    """Saves, oldest first, by the member and the time in which they were made; by the last of each."""
    current: dict[UUID, _Sitting] = {}
    over: list[_Sitting] = []
    for save in saves:
        mine = current.get(save.author_id)
        if mine is not None and mine.takes(save):
            mine.saves.append(save)
        else:
            over += [mine] if mine is not None else []
            current[save.author_id] = _Sitting([save])
        for author_id, sitting in current.items():
            if author_id != save.author_id:
                sitting.touched |= save.changes.keys()
    return sorted((sitting.saves for sitting in [*over, *current.values()]), key=lambda found: found[-1].number)


def joined(group: Sequence[Version]) -> Version:
    """One version in place of several: it says what the last of them said."""
    changes: dict[str, Value] = {}
    for save in group:
        changes |= save.changes
    return replace(group[-1], since=group[0].since, changes=changes)


def thinned(saves: Sequence[Version], *, now: datetime) -> list[Version]:
    """What is kept of these saves, oldest first: all of the last while, and one version for each earlier sitting."""
    kept: list[Version] = []
    for group in sittings(saves):
        old = [save for save in group if save.saved_at < now - EXACT_FOR]
        kept += [joined(old)] if old else []
        kept += group[len(old) :]
    kept.sort(key=lambda version: version.number)
    surplus = len(kept) - MOST_KEPT
    recent = sum(save.saved_at >= now - EXACT_FOR for save in kept)
    surplus = min(surplus, len(kept) - recent - 1)
    return [joined(kept[: surplus + 1]), *kept[surplus + 1 :]] if surplus > 0 else kept


def content_at(saves: Iterable[Version]) -> dict[str, Value]:
    """What a draft said after these saves, oldest first; what says nothing is left out."""
    content: dict[str, Value] = {}
    for save in saves:
        content |= save.changes
    return {name: value for name, value in content.items() if value}
