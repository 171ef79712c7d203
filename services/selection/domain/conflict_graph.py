"""Who is tied to whom, and which ties bind a juror to a startup.

Nodes are persons (jurors, mentors, shareholders, members of a team), organisations (employers, partners, shareholders)
and startups (their applications). An edge is a tie that somebody declared, or a fact of the programme: which partner's
challenge a startup answers, who belongs to its team, how it is called. Nothing is read out of free text.

A juror is bound to a startup by a path between them:

    juror ──employer──▶ organisation ◀──shareholder── startup            one node between them
    juror ──mentor──▶ startup, by its name                               the startup itself
    juror ──employer──▶ organisation ◀──employer── mentor ◀──mentor── startup    two at most; one is a person then
    juror ──employer──▶ partner ◀──partner── startup that answers it     who works for the partner or owns it, only
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from services.selection.domain.organisations import Organisation


class TieKind(StrEnum):
    """What ties two nodes."""

    EMPLOYER = "employer"
    SHAREHOLDER = "shareholder"
    MENTOR = "mentor"
    MEMBER = "member"
    """The startup's team has the person in it."""
    PARTNER = "partner"
    """The startup answers a challenge of this organisation."""
    STARTUP = "startup"
    """The organisation is the startup itself, by its name."""


DECLARED = (TieKind.EMPLOYER, TieKind.SHAREHOLDER, TieKind.MENTOR)
"""What people declare; the others are facts of the programme."""

BINDS_TO_A_PARTNER = frozenset({TieKind.EMPLOYER, TieKind.SHAREHOLDER})
"""Which of a juror's own ties to a partner bind it to all who answer that partner's challenge."""


class Source(StrEnum):
    """Who says that there is a tie."""

    SELF = "self"
    """The juror, or the startup's team, of itself."""
    STAFF = "staff"
    CLAIM = "claim"
    """Whoever signs the juror in vouches for the organisation."""
    PROGRAMME = "programme"


@dataclass(frozen=True)
class Person:
    id: UUID


@dataclass(frozen=True)
class Startup:
    application_id: UUID


Node = Person | Startup | Organisation


@dataclass(frozen=True)
class Tie:
    """An edge: the holder is a person or a startup, what it is tied to a person or an organisation."""

    id: UUID
    """Of the declaration; of the challenge, the person or the application if it is a fact of the programme."""
    kind: TieKind
    source: Source
    holder: Person | Startup
    other: Person | Organisation


@dataclass(frozen=True, order=True)
class Step:
    """A tie of a path, by kind and id: what may be kept and told, as it names nobody."""

    kind: str
    id: str
    source: str

    def facts(self) -> dict[str, str]:
        return {"tie": self.kind, "id": self.id, "source": self.source}


Path = tuple[Step, ...]
"""From the juror to the startup."""


@dataclass(frozen=True)
class _Walk:
    """What was walked from the startup on, and where that ended."""

    ties: tuple[Tie, ...]
    at: Person | Organisation
    met: frozenset[Node] = frozenset()

    def over(self, tie: Tie) -> "Iterator[_Walk]":
        """On over a tie that touches where we are; never back, never through another startup."""
        if isinstance(tie.holder, Startup):
            return
        for here, there in ((tie.holder, tie.other), (tie.other, tie.holder)):
            if _same(here, self.at) and there not in self.met:
                yield _Walk((*self.ties, tie), there, self.met | {self.at})


@dataclass
class ConflictGraph:
    """All ties that matter to some jurors and startups."""

    ties: Iterable[Tie]
    _of_startup: dict[Startup, list[Tie]] = field(init=False, default_factory=lambda: defaultdict(list))
    _at: dict[object, list[Tie]] = field(init=False, default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for tie in sorted(set(self.ties), key=lambda each: (each.kind, str(each.id), str(each.holder))):
            if isinstance(tie.holder, Startup):
                self._of_startup[tie.holder].append(tie)
                continue
            for place in {*_places(tie.holder), *_places(tie.other)}:
                self._at[place].append(tie)

    def binding(self, application_id: UUID) -> dict[UUID, list[Path]]:
        """Each person bound to the startup, with all paths, the shortest first. Its own team is not among them."""
        paths = defaultdict[UUID, set[Path]](set)
        team = {tie.other for tie in self._of_startup[Startup(application_id)] if tie.kind == TieKind.MEMBER}
        for walk in self._walks(Startup(application_id)):
            if isinstance(walk.at, Person) and walk.at not in team and _binds(walk):
                paths[walk.at.id].add(_as_path(walk))
        return {person: sorted(found, key=lambda path: (len(path), path)) for person, found in paths.items()}

    def _walks(self, startup: Startup) -> Iterator[_Walk]:
        """All that can be walked from a startup in three ties at most."""
        walks = [_Walk((tie,), tie.other) for tie in self._of_startup[startup]]
        yield from walks
        for _ in range(2):
            walks = [longer for walk in walks for tie in self._touching(walk.at) for longer in walk.over(tie)]
            yield from walks

    def _touching(self, node: Person | Organisation) -> list[Tie]:
        return list(dict.fromkeys(tie for place in _places(node) for tie in self._at[place]))


def _binds(walk: _Walk) -> bool:
    """Whether a walk that ended at a person is a conflict of interest of that person."""
    if walk.ties[0].kind == TieKind.PARTNER:
        return len(walk.ties) == 2 and walk.ties[1].kind in BINDS_TO_A_PARTNER
    return True


def _as_path(walk: _Walk) -> Path:
    return tuple(Step(tie.kind, str(tie.id), tie.source) for tie in reversed(walk.ties))


def _same(one: Node, other: Node) -> bool:
    if isinstance(one, Organisation) and isinstance(other, Organisation):
        return one.is_same_as(other)
    return one == other


def _places(node: Node) -> list[object]:
    """Under what a node is found: an organisation by its name and by its registration."""
    if isinstance(node, Organisation):
        return [node.key, *([("registration", node.registration)] if node.registration else [])]
    return [node]
