"""Each service as a replay sees it: what it hears, and which of its tables come from that."""

from dataclasses import dataclass
from importlib import import_module

from infra.installed import available_services
from infra.local.problems import LocalProblem
from shared.derived import Derivation
from shared.events import PUBLISHERS
from shared.messaging import Listener


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The service that is replayed: what it hears, how it is called in Kafka, and what of its tables can be rebuilt."""

    service: str
    listener: Listener
    derivation: Derivation
    topic: str
    """Where it publishes; a replay publishes nothing, but its handlers name it."""
    group: str


def subject_of(service: str) -> Subject:
    """Raises LocalProblem if there is no such service here."""
    installed = available_services()
    if service not in installed:
        message = f"Name one of {', '.join(installed) or '(no service is installed)'}: there is no service {service}."
        raise LocalProblem(message)
    return Subject(
        service=service,
        listener=import_module(f"services.{service}.consumers").listens,
        derivation=import_module(f"services.{service}.derived").TABLES,
        topic=PUBLISHERS[service].TOPIC,
        group=service,
    )
