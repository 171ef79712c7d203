"""What can be expected to go wrong with the local stack, told so that the reader knows what to do."""


class LocalProblem(Exception):
    """An anticipated failure: its first line says what to do, and it is shown without a traceback."""


class NotReady(Exception):
    """A component doesn't answer yet; says what is still missing."""


class Refused(LocalProblem):
    """A service was asked, and answered with a problem."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
