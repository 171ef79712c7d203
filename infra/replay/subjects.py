"""Each service as a replay sees it: what it hears, and which of its tables come from that."""

from importlib import import_module

from infra.installed import available_services
from infra.local.problems import LocalProblem
from infra.replay.rebuilding import Subject
from shared.events import PUBLISHERS


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
