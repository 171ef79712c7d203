"""A permission table as a page that people can read, for docs/permissions.md."""

from shared.identity.permissions import PermissionTable, Rule


def render_markdown(table: PermissionTable, *, title: str) -> str:
    """A heading and a table of action by role; a cell says under which relation and in which state."""
    roles = table.roles
    lines = [
        f"## {title}",
        "",
        "| action | " + " | ".join(roles) + " |",
        "|---|" + "---|" * len(roles),
    ]
    for action in table.actions:
        cells = (_cell([rule for rule in table.rules_for(action) if role in rule.roles]) for role in roles)
        lines.append(f"| `{action}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(rules: list[Rule]) -> str:
    return " or ".join(_condition(rule) for rule in rules)


def _condition(rule: Rule) -> str:
    parts = []
    if rule.relations is not None:
        parts.append("as " + "/".join(sorted(rule.relations)))
    if rule.states is not None:
        parts.append("when " + "/".join(sorted(rule.states)))
    return ", ".join(parts) or "yes"
