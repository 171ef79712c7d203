"""Asking the local issuer for a token."""

from collections.abc import Sequence
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx

from infra.local.problems import LocalProblem

GRANT = "urn:datacity:dev"


def fetch_token(
    issuer: str | None,
    *,
    person: UUID | str,
    roles: Sequence[str],
    organisation: str | None = None,
    ttl: int = 3600,
    audience: str = "datacity",
) -> str:
    """A token for that person from the issuer at that URL."""
    form = {"grant_type": GRANT, "sub": str(person), "roles": " ".join(roles), "ttl": str(ttl), "audience": audience}
    if organisation:
        form["organisation"] = organisation
    if not issuer:
        message = "Run `datacity up` first: there is no local issuer to ask for a token."
        raise LocalProblem(message)
    try:
        answer = httpx.post(f"{issuer}/token", data=form, timeout=10, trust_env=False)
        told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        message = f"Run `datacity up`: the issuer at {issuer} doesn't answer ({error})."
        raise LocalProblem(message) from error
    if not answer.is_success:
        message = f"Ask for another token: {told.get('error_description', answer.status_code)}."
        raise LocalProblem(message)
    token: str = told["access_token"]
    return token


def same_person(roles: Sequence[str], organisation: str | None = None) -> UUID:
    """Always the same one for the same roles and organisation."""
    return uuid5(NAMESPACE_URL, f"https://datacity.example/people/{'+'.join(sorted(roles))}@{organisation or ''}")
