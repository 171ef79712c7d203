"""Each service built with settings that lead nowhere: enough to read its API and its permissions off it."""

import importlib
import os
from functools import cache
from typing import cast
from unittest.mock import patch

from fastapi import FastAPI

from shared.identity import PermissionTable
from shared.settings import Settings

NOWHERE = {
    "DATACITY_ENVIRONMENT": "production",
    "DATACITY_KAFKA": "nowhere.invalid:9092",
    "DATACITY_DATABASE_URL": "postgresql+asyncpg://nobody@nowhere.invalid/nothing",
    "DATACITY_ISSUER": "https://nowhere.invalid",
}


@cache
def app_of(service: str) -> FastAPI:
    """The service's app. Building opens nothing, whatever the caller's own environment says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATACITY_")}
    with patch.dict(os.environ, kept | NOWHERE, clear=True):
        settings = Settings()
    app = importlib.import_module(f"services.{service}.main").build(settings, role="api")
    return cast("FastAPI", app)


def permissions_of(service: str) -> PermissionTable:
    return cast("PermissionTable", importlib.import_module(f"services.{service}.permissions").PERMISSIONS)
