"""Who asks."""

from dataclasses import dataclass
from typing import Self

PUBLIC = "anyone"
"""The role that everyone holds, signed in or not: a rule for it makes an action public."""

SYSTEM = "system"
"""The role of the services themselves; no token can give it."""


@dataclass(frozen=True)
class Actor:
    """A person, known by an opaque id, with the roles and the organisation that the issuer vouches for."""

    person_id: str
    roles: frozenset[str] = frozenset()
    organisation: str | None = None

    @classmethod
    def system(cls, name: str) -> Self:
        """A service acting by itself, such as when it answers an event."""
        return cls(person_id=f"system:{name}", roles=frozenset({SYSTEM}))

    @property
    def name(self) -> str:
        """How events name the actor: the opaque person id, or `system:NAME`."""
        return self.person_id

    @property
    def is_anonymous(self) -> bool:
        return self.person_id == PUBLIC

    def holds(self, role: str) -> bool:
        return role == PUBLIC or role in self.roles


ANYONE = Actor(person_id=PUBLIC, roles=frozenset({PUBLIC}))
"""Whoever asks without signing in."""
