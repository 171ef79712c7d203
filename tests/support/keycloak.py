"""A real Keycloak from its own distribution, with the realm of `infra/keycloak/realm.json` and invented people."""

import asyncio
import json
import os
import signal
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from jgo.maven import MavenContext

from tests.support.notifications import free_port

VERSION = "26.7.3"
SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
REALM = Path(__file__).parents[2] / "infra" / "keycloak" / "realm.json"
PATIENCE = 300
"""Seconds that it may take to start: it makes its database first."""


@asynccontextmanager
async def keycloak(folder: Path, *, redirect_uris: list[str], people: list[dict[str, Any]]) -> AsyncIterator[str]:
    """Serves the realm while the block lasts; gives the issuer's URL. The first time it fetches 170 MB."""
    home = await asyncio.to_thread(_unpacked, folder)
    _import(home, redirect_uris, people)
    url = f"http://127.0.0.1:{(port := free_port())}"
    options = ["start-dev", "--import-realm", f"--http-port={port}", "--http-host=127.0.0.1", f"--hostname={url}"]
    process = await asyncio.create_subprocess_exec(
        "sh", str(home / "bin" / "kc.sh"), *options, start_new_session=True,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    issuer = f"{url}/realms/datacity"
    try:
        await _answers(issuer, process)
        yield issuer
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
        await process.wait()


def someone(name: str, *roles: str, organisation: str = "") -> dict[str, Any]:
    """Who signs in as `name` with `name` for a password."""
    return {
        "username": name, "email": f"{name}@people.example", "emailVerified": True, "enabled": True,
        "firstName": name, "lastName": "Invented", "realmRoles": list(roles),
        "attributes": {"organisation": [organisation]} if organisation else {},
        "credentials": [{"type": "password", "value": name, "temporary": False}],
    }  # fmt: skip


def _unpacked(folder: Path) -> Path:
    context = MavenContext(timeout=300)
    project = context.project("org.keycloak", "keycloak-quarkus-dist").at_version(VERSION)
    packed = Path(project.artifact(packaging="zip").resolve())
    with packed.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    assert digest.hexdigest() == SHA256, f"{packed} is not the Keycloak that was pinned"
    with zipfile.ZipFile(packed) as held:
        held.extractall(folder)
    return folder / f"keycloak-{VERSION}"


def _import(home: Path, redirect_uris: list[str], people: list[dict[str, Any]]) -> None:
    realm = json.loads(REALM.read_text("utf-8"))
    (client,) = realm["clients"]
    client["redirectUris"] = redirect_uris
    realm["users"] = people
    (home / "data" / "import").mkdir(parents=True)
    (home / "data" / "import" / "datacity-realm.json").write_text(json.dumps(realm))


async def _answers(issuer: str, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as client:
        while True:
            assert process.returncode is None, "Keycloak ended; does it have a Java of 17 or later?"
            try:
                if (await client.get(f"{issuer}/.well-known/openid-configuration")).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.wait({asyncio.ensure_future(process.wait())}, timeout=0.5)
