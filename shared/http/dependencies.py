"""What a route can ask for in its signature."""

from typing import Annotated, cast

from fastapi import Depends, Request

from shared.identity import Actor
from shared.work import Work, Works

WORK = "datacity.work"
ACTOR = "datacity.actor"
HEADERS = "datacity.headers"
"""What the answer says of the route, whatever it is."""


class NoWork(RuntimeError):
    def __init__(self) -> None:
        super().__init__("This route is `transaction=False` and has no Work: take `works: WorksDep` and begin one.")


async def _work(request: Request) -> Work:
    if WORK not in request.scope:
        raise NoWork
    return cast("Work", request.scope[WORK])


async def _works(request: Request) -> Works:
    return cast("Works", request.app.state.works)


async def _actor(request: Request) -> Actor:
    return cast("Actor", request.scope[ACTOR])


WorkDep = Annotated[Work, Depends(_work)]
"""The transaction of this request: commits when the answer is < 400, rolls back otherwise and on GET."""

WorksDep = Annotated[Works, Depends(_works)]
"""For routes that open their own transactions (`does(…, transaction=False)`)."""

ActorDep = Annotated[Actor, Depends(_actor)]
"""Who asks: authenticated, and holding a role that may do this to something."""
