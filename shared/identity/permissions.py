"""Who may do what: a table as data, and one pure function that reads it and denies by default.

Each service keeps its table, whole, in `permissions.py`:

    PERMISSIONS = PermissionTable([
        Rule("anyone", "read_challenges"),
        Rule("staff", "appoint_jury"),
        Rule("juror", "read_file", relations={"assigned"}, states={"reviewing", "deliberating"}),
        Rule(("applicant", "staff"), "read_application", relations={"member", "staff"}),
    ])
    authorise = PERMISSIONS.authorise
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from shared.errors import Forbidden
from shared.identity.actor import PUBLIC, Actor


def _names(given: str | Collection[str]) -> frozenset[str]:
    return frozenset({given}) if isinstance(given, str) else frozenset(given)


@dataclass(frozen=True, init=False)
class Rule:
    """One line of the table: these roles may do this.

    With `relations`, only to a resource to which they stand in at least one of them; with `states`, only while the
    resource is in one of them. None stands for any.
    """

    roles: frozenset[str]
    action: str
    relations: frozenset[str] | None
    states: frozenset[str] | None

    def __init__(
        self,
        roles: str | Collection[str],
        action: str,
        relations: str | Collection[str] | None = None,
        states: str | Collection[str] | None = None,
    ) -> None:
        object.__setattr__(self, "roles", _names(roles))
        object.__setattr__(self, "action", action)
        object.__setattr__(self, "relations", None if relations is None else _names(relations))
        object.__setattr__(self, "states", None if states is None else _names(states))
        if not self.roles:
            message = f"rule for {action!r} names no role: leave the rule out, as what no rule allows is denied"
            raise ValueError(message)


@dataclass(frozen=True, init=False)
class Resource:
    """What is acted on, as far as permissions care: how the actor stands to it, and its state."""

    relations: frozenset[str]
    state: str | None

    def __init__(self, relations: str | Collection[str] = (), state: str | None = None) -> None:
        object.__setattr__(self, "relations", _names(relations))
        object.__setattr__(self, "state", state)


NOTHING: Final = Resource()
"""For actions on no resource in particular."""


@dataclass(frozen=True)
class Decision:
    """Yes or no, and which part of the table said so: the rule that allows, or the first thing that is missing."""

    allowed: bool
    reason: str
    """`allowed`, `unlisted`, `role`, `relation` or `state`."""
    rule: Rule | None = None

    def __bool__(self) -> bool:
        return self.allowed


class RoleNotPermitted(Forbidden):
    slug = "role-not-permitted"

    def __init__(self, action: str, roles: Collection[str]) -> None:
        wanted = ", ".join(sorted(roles)) or "none"
        super().__init__(
            f"This needs one of these roles: {wanted}. Sign in as someone who holds it, or ask the team.",
            action=action,
            roles=sorted(roles),
        )


class RelationNotPermitted(Forbidden):
    slug = "relation-not-permitted"

    def __init__(self, action: str) -> None:
        super().__init__(
            "Your role may do this, but not to this one: it is not yours or not assigned to you. "
            "Ask the team if you think it should be.",
            action=action,
        )


class StateNotPermitted(Forbidden):
    slug = "state-not-permitted"

    def __init__(self, action: str, states: Collection[str]) -> None:
        super().__init__(
            f"This is not open to you in the present state, only in: {', '.join(sorted(states))}. Come back then.",
            action=action,
            states=sorted(states),
        )


class PermissionTable:
    """All of a service's rules. What no rule allows is denied."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: tuple[Rule, ...] = tuple(rules)
        self._by_action: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            self._by_action[rule.action] = (*self._by_action.get(rule.action, ()), rule)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __contains__(self, action: object) -> bool:
        return action in self._by_action

    @property
    def actions(self) -> tuple[str, ...]:
        """Every action, in the order of the table."""
        return tuple(self._by_action)

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role, `anyone` first, then by name."""
        return tuple(sorted({role for rule in self.rules for role in rule.roles}, key=lambda r: (r != PUBLIC, r)))

    def rules_for(self, action: str) -> tuple[Rule, ...]:
        return self._by_action.get(action, ())

    def roles_for(self, action: str) -> frozenset[str]:
        """The roles that may do it to some resource in some state; what the HTTP edge checks first."""
        return frozenset(role for rule in self.rules_for(action) for role in rule.roles)

    def is_public(self, action: str) -> bool:
        return PUBLIC in self.roles_for(action)

    def decide(self, actor: Actor, action: str, resource: Resource = NOTHING) -> Decision:
        """Pure: the same question always has the same answer."""
        missing = "unlisted"
        for rule in self.rules_for(action):
            if not any(actor.holds(role) for role in rule.roles):
                missing = "role" if missing == "unlisted" else missing
            elif rule.relations is not None and not rule.relations & resource.relations:
                missing = "relation" if missing in {"unlisted", "role"} else missing
            elif rule.states is not None and resource.state not in rule.states:
                missing = "state"
            else:
                return Decision(allowed=True, reason="allowed", rule=rule)
        return Decision(allowed=False, reason=missing)

    def authorise(self, actor: Actor, action: str, resource: Resource = NOTHING) -> None:
        """Return if `decide` allows it; raise the Forbidden that says what is missing if not."""
        decision = self.decide(actor, action, resource)
        if decision.allowed:
            return
        if decision.reason == "state":
            raise StateNotPermitted(action, self._states_for(actor, action, resource))
        if decision.reason == "relation":
            raise RelationNotPermitted(action)
        raise RoleNotPermitted(action, self.roles_for(action))

    def require_role(self, actor: Actor, action: str) -> None:
        """Raise RoleNotPermitted unless one of the actor's roles may do it to some resource in some state."""
        roles = self.roles_for(action)
        if not any(actor.holds(role) for role in roles):
            raise RoleNotPermitted(action, roles)

    def _states_for(self, actor: Actor, action: str, resource: Resource) -> frozenset[str]:
        return frozenset(
            state
            for rule in self.rules_for(action)
            if any(actor.holds(role) for role in rule.roles)
            and (rule.relations is None or rule.relations & resource.relations)
            for state in rule.states or ()
        )


def decide(table: PermissionTable, actor: Actor, action: str, resource: Resource = NOTHING) -> Decision:
    """`table.decide`, for those who prefer a function."""
    return table.decide(actor, action, resource)


def authorise(table: PermissionTable, actor: Actor, action: str, resource: Resource = NOTHING) -> None:
    """`table.authorise`, for those who prefer a function."""
    table.authorise(actor, action, resource)
