"""Which ties bind a juror to a startup, when two names are one organisation, and what a conflict may become."""

import itertools
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.selection.domain.conflict_graph import (
    ConflictGraph,
    Person,
    Source,
    Startup,
    Step,
    Tie,
    TieKind,
)
from services.selection.domain.conflicts import BARRING, ConflictSettled, ConflictState, decide, infer
from services.selection.domain.organisations import Organisation, key_of, registration_of

EMPLOYER, SHAREHOLDER, MENTOR, MEMBER, PARTNER, STARTUP = TieKind
DECLARED, PROPOSED, CONFIRMED, DISMISSED = ConflictState
JUROR, OTHER, ADVISER = (Person(UUID(int=number)) for number in (1, 2, 3))
FILE = UUID(int=0xF)
numbers = itertools.count(1000)


def org(name: str, registration: str | None = None) -> Organisation:
    return Organisation(key_of(name), registration_of(registration))


def tie(holder: Person | Startup, kind: TieKind, other: Person | Organisation, **changes: Any) -> Tie:
    given: dict[str, Any] = {"id": UUID(int=next(numbers)), "source": Source.SELF, **changes}
    return Tie(kind=kind, holder=holder, other=other, **given)


def bound(*ties: Tie) -> dict[UUID, list[list[str]]]:
    """Whom the ties bind to the file, with the kinds of each path."""
    found = ConflictGraph(ties).binding(FILE)
    return {person: [[step.kind for step in path] for path in paths] for person, paths in found.items()}


@pytest.mark.parametrize("kind", [EMPLOYER, SHAREHOLDER, MENTOR])
def test_a_juror_whom_the_team_names_is_bound(kind: TieKind) -> None:
    assert bound(tie(Startup(FILE), kind, JUROR)) == {JUROR.id: [[kind]]}


def test_the_same_employer_binds_a_juror_and_a_team() -> None:
    ties = tie(JUROR, EMPLOYER, org("Lydec S.A.")), tie(Startup(FILE), EMPLOYER, org("LYDEC"))

    assert bound(*ties) == {JUROR.id: [[EMPLOYER, EMPLOYER]]}


def test_whoever_mentors_the_startup_by_its_name_is_bound() -> None:
    ties = tie(JUROR, MENTOR, org("Ville Claire")), tie(Startup(FILE), STARTUP, org("ville claire SARL"))

    assert bound(*ties) == {JUROR.id: [[MENTOR, STARTUP]]}


def test_a_mentor_s_employer_binds_its_colleagues() -> None:
    ties = (
        tie(JUROR, EMPLOYER, org("Holcim")),
        tie(ADVISER, EMPLOYER, org("Holcim Maroc"), source=Source.STAFF),
        tie(ADVISER, EMPLOYER, org("Holcim"), source=Source.STAFF),
        tie(Startup(FILE), MENTOR, ADVISER),
    )

    assert bound(*ties) == {ADVISER.id: [[MENTOR]], JUROR.id: [[EMPLOYER, EMPLOYER, MENTOR]]}


def test_a_team_member_s_employer_binds_its_colleagues_and_not_the_member() -> None:
    ties = (
        tie(JUROR, EMPLOYER, org("Inwi")),
        tie(OTHER, EMPLOYER, org("Inwi")),
        tie(Startup(FILE), MEMBER, OTHER, source=Source.PROGRAMME),
    )

    assert bound(*ties) == {JUROR.id: [[EMPLOYER, EMPLOYER, MEMBER]]}


@pytest.mark.parametrize(("kind", "binds"), [(EMPLOYER, True), (SHAREHOLDER, True), (MENTOR, False)])
def test_a_partner_s_employees_and_owners_are_bound_to_who_answers_its_challenge(kind: TieKind, binds: bool) -> None:
    ties = tie(JUROR, kind, org("Lydec")), tie(Startup(FILE), PARTNER, org("lydec"))

    assert (JUROR.id in bound(*ties)) is binds


def test_a_partner_binds_nobody_further_away() -> None:
    """A mentor of the juror works for the partner: that is no conflict with all who answer its challenge."""
    ties = tie(JUROR, MENTOR, ADVISER), tie(ADVISER, EMPLOYER, org("Lydec")), tie(Startup(FILE), PARTNER, org("Lydec"))

    assert set(bound(*ties)) == {ADVISER.id}


def test_three_nodes_between_them_bind_nobody() -> None:
    ties = (
        tie(JUROR, EMPLOYER, org("One")),
        tie(OTHER, EMPLOYER, org("One")),
        tie(OTHER, SHAREHOLDER, org("Two")),
        tie(ADVISER, SHAREHOLDER, org("Two")),
        tie(Startup(FILE), MENTOR, ADVISER),
    )

    assert JUROR.id not in bound(*ties)


def test_no_path_leads_through_another_startup() -> None:
    elsewhere = Startup(UUID(int=0xE))
    ties = (
        tie(JUROR, MENTOR, org("Elsewhere")),
        tie(elsewhere, STARTUP, org("Elsewhere")),
        tie(elsewhere, SHAREHOLDER, org("Fund")),
        tie(Startup(FILE), SHAREHOLDER, org("Fund")),
    )

    assert bound(*ties) == {}


def test_a_path_says_kinds_and_ids_and_names_nobody() -> None:
    of_juror, of_team = tie(JUROR, EMPLOYER, org("Fund")), tie(Startup(FILE), SHAREHOLDER, org("Fund"))

    (path,) = ConflictGraph([of_juror, of_team]).binding(FILE)[JUROR.id]

    assert path == (Step("employer", str(of_juror.id), "self"), Step("shareholder", str(of_team.id), "self"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lydec", "LYDEC S.A."),
        ("Société Générale", "societe generale"),
        ("L’Œuvre d'eau", "lœuvre deau"),
        ("شركة الماء", "الماء"),
        ("أمانديس", "امانديس"),
        ("SA", "S.A."),
    ],
)
def test_two_ways_to_write_one_name_are_the_same(one: str, other: str) -> None:
    assert org(one).is_same_as(org(other))


def test_a_registration_number_goes_before_a_name() -> None:
    assert org("Atlas", "00 123").is_same_as(org("Atlas Conseil", "00123"))
    assert not org("Atlas", "00123").is_same_as(org("Atlas", "00999"))
    assert org("Atlas", "00123").is_same_as(org("Atlas"))


def test_namesakes_with_different_registrations_bind_nobody() -> None:
    ties = tie(JUROR, EMPLOYER, org("Atlas", "1")), tie(Startup(FILE), SHAREHOLDER, org("Atlas", "2"))

    assert bound(*ties) == {}


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_the_graph_finds_what_trying_all_ties_finds(data: st.DataObject) -> None:
    """An oracle that joins any one, two or three ties end to end."""
    people: list[Any] = [JUROR, OTHER, ADVISER]
    orgs: list[Any] = [org("A"), org("B")]
    declared = st.sampled_from([EMPLOYER, SHAREHOLDER, MENTOR])
    ties = [
        tie(data.draw(st.sampled_from([*people, Startup(FILE)])), data.draw(declared), other)
        for other in data.draw(st.lists(st.sampled_from([*people, *orgs]), max_size=7))
    ]

    found = set(ConflictGraph(ties).binding(FILE))

    ends = set[UUID]()
    for length in (1, 2, 3):
        for chosen in itertools.permutations(ties, length):
            nodes: list[Any] = [Startup(FILE)]
            for each in chosen:
                here, there = (each.holder, each.other) if each.holder == nodes[-1] else (each.other, each.holder)
                if here != nodes[-1] or there in nodes:
                    break
                nodes.append(there)
            else:
                ends |= {nodes[-1].id} if isinstance(nodes[-1], Person) else set()
    assert found == ends


def path(*ids: str) -> tuple[Step, ...]:
    return tuple(Step("employer", one, "self") for one in ids)


@pytest.mark.parametrize(
    ("state", "pinned", "known", "found", "becomes"),
    [
        (None, False, [], [], None),
        (None, False, [], [path("a")], PROPOSED),
        (PROPOSED, False, [path("a")], [], PROPOSED),
        (CONFIRMED, False, [path("a")], [], CONFIRMED),
        (DISMISSED, False, [path("a")], [path("a")], DISMISSED),
        (DISMISSED, False, [path("a")], [path("a"), path("b")], PROPOSED),
        (DISMISSED, True, [path("a")], [path("b")], DISMISSED),
        (DECLARED, False, [], [path("a")], DECLARED),
    ],
)
def test_what_ties_make_of_a_conflict(
    state: ConflictState | None, pinned: bool, known: list[Any], found: list[Any], becomes: ConflictState | None
) -> None:
    assert infer(state, pinned=pinned, known=known, found=found) == becomes


def test_a_person_decides_and_may_think_again_but_never_over_the_juror_s_own_word() -> None:
    assert decide(PROPOSED, DISMISSED, pinned=False, pin=False) == DISMISSED
    assert decide(DISMISSED, CONFIRMED, pinned=True, pin=False) == CONFIRMED
    assert decide(DISMISSED, DISMISSED, pinned=False, pin=True) == DISMISSED
    assert decide(None, CONFIRMED, pinned=False, pin=True) == CONFIRMED
    for again in (CONFIRMED, DISMISSED):
        with pytest.raises(ConflictSettled):
            decide(again, again, pinned=False, pin=False)
        with pytest.raises(ConflictSettled):
            decide(DECLARED, again, pinned=False, pin=True)


def test_all_but_a_dismissed_conflict_bar() -> None:
    assert set(ConflictState) - BARRING == {DISMISSED}
