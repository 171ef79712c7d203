"""A route is an action of the permission table, or the service does not start."""

import pytest
from fastapi import APIRouter
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from shared.http import UnlistedAction, WorkDep, all_routes, does, service_router
from shared.http.routes import RouteAction
from tests.support.issuer import FakeIssuer
from tests.support.sample_service import PERMISSIONS, PREFIX, NoteView, calling, sample_app

ISSUER = FakeIssuer()


async def answer() -> NoteView:
    return NoteView(title="x")


def test_a_route_without_an_action_is_refused_where_it_is_written() -> None:
    router = service_router(PREFIX, permissions=PERMISSIONS)

    with pytest.raises(UnlistedAction, match=r"GET /api/sample/v1/open: it names no action"):
        router.get("/open")(answer)


def test_a_route_whose_action_no_rule_names_is_refused_where_it_is_written() -> None:
    router = service_router(PREFIX, permissions=PERMISSIONS)

    with pytest.raises(UnlistedAction, match="'rob_bank' is not in the permission table"):
        router.post("/bank", **does("rob_bank"))(answer)


@pytest.mark.parametrize(
    "stray",
    [
        APIRouter(routes=[Route("/stray", lambda _request: PlainTextResponse("open"))]),
        APIRouter(routes=[Mount("/stray", app=PlainTextResponse("open"))]),
    ],
    ids=["route", "mount"],
)
def test_a_route_that_goes_around_the_table_stops_the_start(stray: APIRouter) -> None:
    with pytest.raises(UnlistedAction):
        sample_app(stray, issuer=ISSUER)


def test_an_ordinary_router_stops_the_start() -> None:
    router = APIRouter()
    router.get("/stray")(answer)

    with pytest.raises(UnlistedAction):
        sample_app(router, issuer=ISSUER)


def test_a_nested_ordinary_router_stops_the_start() -> None:
    inner, outer = APIRouter(), service_router(PREFIX, permissions=PERMISSIONS)
    inner.get("/stray")(answer)
    outer.include_router(inner)

    with pytest.raises(UnlistedAction):
        sample_app(outer, issuer=ISSUER)


async def test_nested_routers_keep_their_gate() -> None:
    inner = service_router("/inner", permissions=PERMISSIONS)
    outer = service_router(PREFIX, permissions=PERMISSIONS)

    @inner.get("/note", **does("break_things"))
    async def note(work: WorkDep) -> NoteView:
        return NoteView(title="inside")

    outer.include_router(inner, prefix="/more")
    app = sample_app(outer, issuer=ISSUER)

    assert list(all_routes(app)) == [RouteAction("GET", f"{PREFIX}/more/inner/note", "break_things")]
    async with calling(app) as client:
        assert (await client.get(f"{PREFIX}/more/inner/note")).status_code == 401
        known = await client.get(f"{PREFIX}/more/inner/note", headers=ISSUER.bearer("writer"))
    assert known.json()["title"] == "inside"


def test_all_routes_lists_what_can_be_asked() -> None:
    routes = list(all_routes(sample_app(issuer=ISSUER)))

    assert RouteAction("POST", f"{PREFIX}/notes", "write_note") in routes
    assert RouteAction("PATCH", f"{PREFIX}/notes/{{note_id}}", "change_note") in routes
    assert all(route.action in PERMISSIONS for route in routes)
    assert not [route for route in routes if "docs" in route.path or "healthz" in route.path]


async def test_without_a_work_the_route_says_what_to_take_instead() -> None:
    router = service_router(PREFIX, permissions=PERMISSIONS)

    @router.get("/none", **does("read_notes", transaction=False))
    async def none(work: WorkDep) -> NoteView:
        return NoteView(title="never")

    async with calling(sample_app(router, issuer=ISSUER)) as client:
        assert (await client.get(f"{PREFIX}/none")).status_code == 500
