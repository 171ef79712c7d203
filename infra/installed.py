"""Which of the four services this installation has; asks nothing of the local stack, which may not be installed."""

from importlib.util import find_spec

from infra.provision import SERVICES


def available_services() -> list[str]:
    """Those of the four that can be served from here."""
    return [name for name in SERVICES if find_spec(f"services.{name}") and find_spec(f"services.{name}.main")]
