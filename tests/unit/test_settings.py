"""The settings start a service only when they are all there and fit for production, and `.env.example` lists them."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.settings import Environment, Settings

ROOT = Path(__file__).resolve().parents[2]

# Set by the local stack itself, on the processes that it starts, to know them again.
NOT_FOR_PEOPLE = {"DATACITY_COMPONENT"}

REQUIRED = {
    "DATACITY_KAFKA": "127.0.0.1:9092",
    "DATACITY_DATABASE_URL": "postgresql+asyncpg://datacity_selection:secret@127.0.0.1/datacity_selection",
    "DATACITY_ISSUER": "http://127.0.0.1:8090",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"DATACITY_{field.upper()}", raising=False)
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_setting_stops_the_start(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)

    with pytest.raises(ValidationError, match=name.removeprefix("DATACITY_").lower()):
        Settings()


def test_production_is_what_one_gets_without_asking() -> None:
    assert Settings().environment is Environment.PRODUCTION


@pytest.mark.parametrize("name", ["DATACITY_COMPRESSED_SCHEDULE", "DATACITY_WEBHOOKS_ALLOW_PRIVATE"])
def test_production_refuses_what_is_for_demonstrations(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "true")

    with pytest.raises(ValidationError, match=f"{name} is for demonstrations: unset it"):
        Settings()

    monkeypatch.setenv("DATACITY_ENVIRONMENT", "development")
    assert getattr(Settings(), name.removeprefix("DATACITY_").lower()) is True


def test_a_database_password_is_not_shown() -> None:
    assert ":secret@" not in repr(Settings())


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_in_the_example_with_its_sentence(field: str) -> None:
    name, setting = f"DATACITY_{field.upper()}", Settings.model_fields[field]
    sentence, line = _example()[name]

    assert sentence == setting.description
    assert line.startswith("#") is not setting.is_required(), f"{name}: the example sets what has no default, only"


def test_every_default_in_the_example_is_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Settings()
    for field, setting in Settings.model_fields.items():
        name = f"DATACITY_{field.upper()}"
        if not setting.is_required() and setting.default is not None:
            monkeypatch.setenv(name, _example()[name][1].partition("=")[2].strip('"'))

    assert Settings() == real


def test_every_variable_that_the_code_names_is_in_the_example_and_the_other_way_round() -> None:
    named = {f"DATACITY_{field.upper()}" for field in Settings.model_fields}
    for folder in ("services", "shared", "infra", "tests/support"):
        for module in (ROOT / folder).rglob("*.py"):
            named |= set(re.findall(r'["\'](DATACITY_[A-Z_]*[A-Z])["\']', module.read_text()))
    # `datacity provision` makes these names from the services'.
    passwords = {name for name in _example() if name.endswith("_PASSWORD")}

    assert set(_example()) - passwords == named - NOT_FOR_PEOPLE


def _example() -> dict[str, tuple[str, str]]:
    """Variable → the comment above it, and its line."""
    found: dict[str, tuple[str, str]] = {}
    sentence: list[str] = []
    for line in (ROOT / ".env.example").read_text().splitlines():
        if match := re.match(r"(?:# )?(DATACITY_[A-Z_]+)=", line):
            found[match[1]] = (" ".join(sentence), line)
        elif line.startswith("# "):
            sentence.append(line.removeprefix("# "))
        else:
            sentence = []
    return found
