"""Who asks, and what they may do."""

from shared.identity.actor import ANYONE, PUBLIC, SYSTEM, Actor
from shared.identity.authenticator import Authenticator
from shared.identity.keys import IssuerAway
from shared.identity.permissions import (
    NOTHING,
    Decision,
    PermissionTable,
    RelationNotPermitted,
    Resource,
    RoleNotPermitted,
    Rule,
    StateNotPermitted,
    authorise,
    decide,
)
from shared.identity.permissions_page import render_markdown

__all__ = [
    "ANYONE",
    "NOTHING",
    "PUBLIC",
    "SYSTEM",
    "Actor",
    "Authenticator",
    "Decision",
    "IssuerAway",
    "PermissionTable",
    "RelationNotPermitted",
    "Resource",
    "RoleNotPermitted",
    "Rule",
    "StateNotPermitted",
    "authorise",
    "decide",
    "render_markdown",
]
