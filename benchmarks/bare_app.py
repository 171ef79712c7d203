"""What `submit` is measured against: FastAPI and asyncpg, one insert a request, and none of what a service promises."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel

TABLE = """
    CREATE TABLE submission (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        application_id uuid NOT NULL,
        title text NOT NULL,
        summary text NOT NULL,
        problem text NOT NULL,
        submitted_at timestamptz NOT NULL DEFAULT now()
    )
"""
INSERT = """
    INSERT INTO submission (application_id, title, summary, problem) VALUES ($1, $2, $3, $4) RETURNING id
"""


class Submission(BaseModel):
    title: str
    summary: str
    problem: str


class Receipt(BaseModel):
    id: UUID


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BENCH_DATABASE"], min_size=10, max_size=20) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


@app.post("/applications/{application_id}/submit")
async def submit(application_id: UUID, body: Submission, request: Request) -> Receipt:
    async with request.app.state.pool.acquire() as connection:
        values = (application_id, body.title, body.summary, body.problem)
        return Receipt(id=await connection.fetchval(INSERT, *values))


@app.get("/readyz")
async def ready() -> dict[str, str]:
    return {"status": "ok"}


if __name__ == "__main__":
    # As `datacity serve` runs a service.
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["BENCH_PORT"]),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
