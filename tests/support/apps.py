"""Each service as its `main` builds it, with a test's issuer, and a test's database or none at all."""

import importlib

from fastapi import FastAPI
from pydantic import SecretStr

from infra.provision import SERVICES
from shared.settings import Environment, Settings
from tests.support.issuer import FakeIssuer

NOWHERE = "postgresql+asyncpg://nobody:nothing@127.0.0.1:1/nowhere"
"""For tests that must be answered before the database is asked."""


def settings_for(service: str, *, database_url: str = NOWHERE, issuer: str = "https://issuer.test") -> Settings:
    """What a service needs to be built. Nothing is opened before its lifespan begins, which tests don't begin."""
    return Settings.model_validate(
        {
            "environment": Environment.DEVELOPMENT,
            "kafka": "127.0.0.1:1",
            "database_url": SecretStr(database_url),
            "issuer": issuer,
            "rate_limit_per_minute": 0,
        }
    )


def built(service: str, *, issuer: FakeIssuer | None = None, database_url: str = NOWHERE) -> FastAPI:
    """The whole app of a service, its API alone."""
    issuer = issuer or FakeIssuer()
    build = importlib.import_module(f"services.{service}.main").build
    app: FastAPI = build(settings_for(service, database_url=database_url, issuer=issuer.issuer), role="api")
    app.state.authenticator = issuer.authenticator()
    return app


__all__ = ["NOWHERE", "SERVICES", "built", "settings_for"]
