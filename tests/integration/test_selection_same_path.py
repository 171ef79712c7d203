"""What is barred is answered as what is not there: the same words, by the same statements to the database."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from shared.database import new_id
from tests.support.selection import Caller, Season, Selection, people, selection_on, submission
from tests.support.stack import Backbone
from tests.support.statements import statements


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def barred(selection: Selection) -> dict[str, Any]:
    """A juror in conflict with a file that another reviews and discusses, and ids of nothing."""
    season = Season(selection)
    challenge = await season.challenge()
    one, other = people(2)
    jury = await season.jury(challenge, [one, other], k=2)
    file = await season.application(challenge)
    await season.assign(jury)
    (held,) = await selection.juror(one).items("/reviews")
    (theirs,) = await selection.juror(other).items("/reviews")
    await selection.juror(other).post(f"/reviews/{theirs['id']}/submit", submission())
    await season.open(jury, "discussing")
    answer = await selection.juror(one).post(
        "/conflicts", {"application_id": str(file.application_id), "kind": "employer"}
    )
    assert answer.status_code == 201
    return {
        "juror": selection.juror(one),
        "stranger": selection.juror(new_id()),
        "own": held["id"],
        "theirs": theirs["id"],
        "jury": jury["id"],
        "file": str(file.application_id),
    }


ROUTES = [
    ("GET", "/reviews/{review}", {}),
    ("GET", "/reviews/{review}/others", {}),
    ("GET", "/reviews/{review}/changes", {}),
    ("PATCH", "/reviews/{review}", {"note": "x"}),
    ("POST", "/reviews/{review}/submit", submission()),
    ("POST", "/reviews/{review}/recuse", {}),
    ("POST", "/reviews/{review}/abstain", {}),
    ("POST", "/reviews/{review}/revisit", {**submission(), "reason": "x"}),
    ("GET", "/juries/{jury}/files/{file}/discussion", {}),
    ("GET", "/juries/{jury}/files/{file}/discussion/messages", {}),
    ("POST", "/juries/{jury}/files/{file}/discussion/messages", {"words": "x"}),
    ("POST", "/juries/{jury}/files/{file}/discussion/opinions", {"about": "A", "stance": "agree"}),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES, ids=[f"{method} {path}" for method, path, _ in ROUTES])
async def test_a_barred_file_and_none_at_all_take_the_same_way(
    selection: Selection, barred: dict[str, Any], method: str, path: str, body: dict[str, Any]
) -> None:
    nothing = {"review": str(UUID(int=9)), "jury": barred["jury"], "file": str(UUID(int=9))}
    answers = [
        await asked(selection, barred["juror"], method, path.format(**ids), body)
        for ids in (
            nothing,
            nothing | {"review": barred["own"], "file": barred["file"]},
            nothing | {"review": barred["theirs"], "file": barred["file"]},
        )
    ]

    assert answers[0][0] == 404
    assert answers[1] == answers[0]
    assert answers[2] == answers[0]


@pytest.mark.parametrize("path", ["/juries/{jury}", "/juries/{jury}/phases", "/juries/{jury}/files/{file}/discussion"])
async def test_a_jury_of_others_and_none_at_all_take_the_same_way(
    selection: Selection, barred: dict[str, Any], path: str
) -> None:
    there = await asked(selection, barred["stranger"], "GET", path.format(**barred), {})
    nowhere = await asked(selection, barred["stranger"], "GET", path.format(jury=UUID(int=9), file=barred["file"]), {})

    assert there[0] == 404
    assert there == nowhere


async def asked(selection: Selection, caller: Caller, method: str, path: str, body: dict[str, Any]) -> tuple[Any, ...]:
    """The answer without what is of this request alone, and what was asked of the database for it."""
    with statements(selection.app.state.works.engine) as made:
        if method == "GET":
            answer = await caller.get(path)
        elif method == "PATCH":
            answer = await caller.patch(path, body, version=1)
        else:
            answer = await caller.post(path, body)
    shown = {name: value for name, value in answer.json().items() if name not in {"instance", "trace_id"}}
    return answer.status_code, shown, made


async def test_a_conflict_with_a_file_that_one_does_not_judge_is_answered_as_with_none(
    selection: Selection, barred: dict[str, Any]
) -> None:
    there, nowhere = [
        await asked(
            selection, barred["stranger"], "POST", "/conflicts", {"application_id": application, "kind": "employer"}
        )
        for application in (barred["file"], str(UUID(int=9)))
    ]

    assert there[0] == 404
    assert there == nowhere
