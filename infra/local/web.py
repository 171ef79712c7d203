"""The components that are processes of ours and answer over HTTP: the issuer, the mail catcher, the four services."""

import json
import os
import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence

import httpx

from infra.local.component import Component
from infra.local.home import Home
from infra.local.ports import HOST, port_for, somebody_listens
from infra.local.problems import NotReady
from infra.local.signing_key import load_or_make_key
from infra.local.state import State
from infra.provision import SERVICES


class WebComponent(Component):
    """Started as `datacity …` in a process of its own; ready when its health page says so."""

    health = "/healthz"

    def url(self) -> str:
        return f"http://{HOST}:{self.state.ports[self.name]}"

    def choose_ports(self) -> None:
        port_for(self.name, self.state)

    @abstractmethod
    def arguments(self) -> Sequence[str]:
        """What follows `datacity` on its command line, its port left out."""

    def command(self) -> Sequence[str]:
        return [sys.executable, "-m", "infra.cli", *self.arguments(), "--port", str(self.state.ports[self.name])]

    def environment(self) -> Mapping[str, str]:
        return {
            **os.environ,
            "DATACITY_ENVIRONMENT": "development",
            "DATACITY_HOME": str(self.home.path),
            # Only the packaged time zones count: many a system's own still put Casablanca an hour off.
            "PYTHONTZPATH": "",
            "PYTHONUNBUFFERED": "1",
        }

    async def probe(self) -> None:
        port = self.state.ports.get(self.name)
        if not somebody_listens(port):
            raise NotReady(f"waiting for port {port}")
        try:
            # Loading the certificates of the world for plain http would cost more than all the rest.
            async with httpx.AsyncClient(timeout=5, trust_env=False, verify=False) as client:  # noqa: S501
                answer = await client.get(self.url() + self.health)
        except httpx.HTTPError as error:
            raise NotReady(f"{self.health} doesn't answer: {type(error).__name__}") from error
        if not answer.is_success:
            raise NotReady(f"{self.health} answers {answer.status_code}: {answer.text[:200]}")


class IssuerProcess(WebComponent):
    """Gives tokens to whoever asks, for development."""

    name = "issuer"

    def arguments(self) -> Sequence[str]:
        return ["dev", "issuer"]

    def environment(self) -> Mapping[str, str]:
        return {**super().environment(), "DATACITY_ISSUER": self.url()}


class MailProcess(WebComponent):
    """Catches the mail that notifications sends."""

    name = "mail"
    smtp = "smtp"

    @property
    def port_names(self) -> Sequence[str]:
        return (self.name, self.smtp)

    def choose_ports(self) -> None:
        super().choose_ports()
        port_for(self.smtp, self.state)

    def smtp_url(self) -> str:
        return f"smtp://{HOST}:{self.state.ports[self.smtp]}"

    def arguments(self) -> Sequence[str]:
        return ["dev", "mail", "--smtp-port", str(self.state.ports[self.smtp])]


class ServiceProcess(WebComponent):
    """One of the four services, alone in its process, API and worker together."""

    health = "/readyz"
    grace = 15.0

    def __init__(self, home: Home, state: State, service: str, settings: Mapping[str, str]) -> None:
        super().__init__(home, state)
        self.name = service
        self._settings = settings

    def arguments(self) -> Sequence[str]:
        return ["serve", self.name, "--host", HOST]

    def environment(self) -> Mapping[str, str]:
        urls = self.state.urls
        others = json.dumps({name: urls[name] for name in SERVICES if name in urls})
        return {
            **super().environment(),
            # A demonstration's calls last minutes and its webhooks go to this very machine; production refuses both.
            "DATACITY_COMPRESSED_SCHEDULE": "true",
            "DATACITY_WEBHOOKS_ALLOW_PRIVATE": "true",
            "DATACITY_KAFKA": urls["kafka"],
            "DATACITY_DATABASE_URL": urls[f"database:{self.name}"],
            "DATACITY_ISSUER": urls["issuer"],
            "DATACITY_SMTP_URL": urls["smtp"],
            "DATACITY_PUBLIC_URL": urls["applications"],
            # Here each service is an origin of its own.
            "DATACITY_PAGES_URL": self.url(),
            "DATACITY_PAGES_ORIGINS": others,
            "DATACITY_SERVICE_URLS": others,
            **self._keys(),
            **self._settings,
        }

    def _keys(self) -> Mapping[str, str]:
        """What the service signs with."""
        folder = self.home.journal
        if self.name == "notifications":
            return {"DATACITY_JOURNAL_KEYS": load_or_make_key(folder / "key", name="datacity.local/log").skey}
        receipts = load_or_make_key(folder / f"{self.name}-receipts", name=f"datacity.local/{self.name}/receipts")
        return {"DATACITY_RECEIPT_KEY": receipts.skey}
