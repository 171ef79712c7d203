"""The permission table decides, denies by default, and can be read by people."""

import pytest

from shared.errors import Forbidden
from shared.identity import (
    ANYONE,
    Actor,
    PermissionTable,
    RelationNotPermitted,
    Resource,
    RoleNotPermitted,
    Rule,
    StateNotPermitted,
    authorise,
    decide,
    render_markdown,
)

TABLE = PermissionTable(
    [
        Rule("anyone", "read_poster"),
        Rule({"keeper", "cook"}, "open_kitchen"),
        Rule("cook", "taste", relations="own", states=("hot", "warm")),
        Rule("keeper", "taste", states="cold"),
        Rule("guest", "eat", relations={"invited", "family"}),
    ]
)
COOK = Actor("p-1", frozenset({"cook"}))
KEEPER = Actor("p-2", frozenset({"keeper"}))
GUEST = Actor("p-3", frozenset({"guest"}))
NOBODY = Actor("p-4")


def test_what_is_public_is_open_to_all_signed_in_or_not() -> None:
    assert all(TABLE.decide(actor, "read_poster") for actor in (ANYONE, COOK, NOBODY))
    assert TABLE.is_public("read_poster")
    assert not TABLE.is_public("open_kitchen")


@pytest.mark.parametrize("actor", [ANYONE, NOBODY, GUEST])
def test_a_role_that_no_rule_names_is_denied(actor: Actor) -> None:
    assert TABLE.decide(actor, "open_kitchen").reason == "role"


@pytest.mark.parametrize("actor", [ANYONE, COOK, Actor.system("kitchen")])
def test_an_action_that_no_rule_names_is_denied_to_all(actor: Actor) -> None:
    assert TABLE.decide(actor, "burn_down").reason == "unlisted"


@pytest.mark.parametrize(
    ("actor", "resource", "reason"),
    [
        (COOK, Resource("own", "hot"), "allowed"),
        (COOK, Resource({"own", "other"}, "warm"), "allowed"),
        (COOK, Resource("own", "cold"), "state"),
        (COOK, Resource("own"), "state"),
        (COOK, Resource("other", "hot"), "relation"),
        (COOK, Resource(state="hot"), "relation"),
        (KEEPER, Resource(state="cold"), "allowed"),
        (KEEPER, Resource("own", "hot"), "state"),
        (Actor("both", frozenset({"cook", "keeper"})), Resource(state="cold"), "allowed"),
        (GUEST, Resource("own", "hot"), "role"),
    ],
)
def test_relation_and_state_count_as_the_rule_says(actor: Actor, resource: Resource, reason: str) -> None:
    assert decide(TABLE, actor, "taste", resource).reason == reason


def test_one_of_the_relations_is_enough() -> None:
    assert TABLE.decide(GUEST, "eat", Resource({"family"}))
    assert not TABLE.decide(GUEST, "eat", Resource({"stranger"}))


def test_a_decision_names_the_rule_that_allowed_it() -> None:
    assert TABLE.decide(KEEPER, "taste", Resource(state="cold")).rule == Rule("keeper", "taste", states={"cold"})


@pytest.mark.parametrize(
    ("actor", "resource", "refusal"),
    [
        (GUEST, Resource("own", "hot"), RoleNotPermitted),
        (COOK, Resource("other", "hot"), RelationNotPermitted),
        (COOK, Resource("own", "cold"), StateNotPermitted),
    ],
)
def test_a_refusal_says_what_is_missing(actor: Actor, resource: Resource, refusal: type[Forbidden]) -> None:
    with pytest.raises(refusal) as refused:
        authorise(TABLE, actor, "taste", resource)

    assert refused.value.status == 403


def test_a_refusal_by_state_says_when_to_come_back() -> None:
    with pytest.raises(StateNotPermitted, match="hot, warm"):
        TABLE.authorise(COOK, "taste", Resource("own", "cold"))


def test_what_is_allowed_passes_in_silence() -> None:
    TABLE.authorise(COOK, "taste", Resource("own", "hot"))
    TABLE.require_role(COOK, "taste")


def test_a_rule_for_nobody_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="names no role"):
        Rule((), "taste")


def test_the_table_can_be_listed() -> None:
    assert TABLE.actions == ("read_poster", "open_kitchen", "taste", "eat")
    assert TABLE.roles == ("anyone", "cook", "guest", "keeper")
    assert TABLE.roles_for("taste") == {"cook", "keeper"}
    assert TABLE.roles_for("burn_down") == frozenset()


def test_the_page_shows_each_action_by_role() -> None:
    page = render_markdown(TABLE, title="Kitchen")

    assert page.startswith("## Kitchen\n\n| action | anyone | cook | guest | keeper |\n|---|---|---|---|---|\n")
    assert "| `read_poster` | yes |  |  |  |" in page
    assert "| `taste` |  | as own, when hot/warm |  | when cold |" in page


def test_a_service_acts_under_its_own_name() -> None:
    assert Actor.system("kitchen").name == "system:kitchen"
    assert COOK.name == "p-1"
    assert ANYONE.is_anonymous
    assert not COOK.is_anonymous
