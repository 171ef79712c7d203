"""The form to begin with when nothing else is wanted: the five criteria of the first edition, in three languages."""

import json
from importlib.resources import files
from typing import Any


def default_form() -> dict[str, Any]:
    """A definition as PUT /calls/{id}/form takes it."""
    found: dict[str, Any] = json.loads(files("services.applications").joinpath("default_form.json").read_text("utf-8"))
    return found
