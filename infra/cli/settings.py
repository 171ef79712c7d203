"""Reading the DATACITY_ settings for a command, with an answer for whoever forgot one."""

from typing import TYPE_CHECKING

from pydantic import ValidationError

from infra.local.problems import LocalProblem

if TYPE_CHECKING:
    from shared.settings import Settings


def read_settings() -> "Settings":
    """The settings, or a problem that names each variable to set."""
    from shared.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        faults = [
            f"DATACITY_{str(fault['loc'][0]).upper()}: {fault['msg']}" if fault["loc"] else str(fault["msg"])
            for fault in error.errors()
        ]
        message = "Set these variables (.env.example says what each is for):\n" + "\n".join(faults)
        raise LocalProblem(message) from error
