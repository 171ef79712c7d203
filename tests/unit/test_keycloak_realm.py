"""The realm for Keycloak says what the services read; that a real Keycloak obeys it is tried in `tests/e2e`."""

import json
from pathlib import Path
from typing import Any

from infra.local.codes import ROLES
from shared.settings import Settings

REALM: dict[str, Any] = json.loads((Path(__file__).parents[2] / "infra" / "keycloak" / "realm.json").read_text("utf-8"))


def test_its_roles_are_those_of_the_programme() -> None:
    assert {role["name"] for role in REALM["roles"]["realm"]} == ROLES


def test_its_client_and_its_audience_are_those_that_services_ask_for_by_default() -> None:
    (client,) = REALM["clients"]
    (scope,) = REALM["clientScopes"]
    mapped = {mapper["name"]: mapper["config"] for mapper in scope["protocolMappers"]}

    assert client["clientId"] == Settings.model_fields["client_id"].default
    assert client["defaultClientScopes"] == [scope["name"]]
    assert mapped["audience"]["included.custom.audience"] == Settings.model_fields["audience"].default
    assert {mapped[name]["claim.name"] for name in ("roles", "organisation")} == {"roles", "organisation"}


def test_only_who_administers_it_says_to_which_organisation_somebody_belongs() -> None:
    (profile,) = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"]
    attributes = json.loads(profile["config"]["kc.user.profile.config"][0])["attributes"]

    assert [each["permissions"]["edit"] for each in attributes if each["name"] == "organisation"] == [["admin"]]
