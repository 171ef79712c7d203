"""What can be expected to go wrong with the local stack, told so that the reader knows what to do."""


class LocalProblem(Exception):
    """An anticipated failure: its first line says what to do, and it is shown without a traceback."""


class NotReady(Exception):
    """A component doesn't answer yet; says what is still missing."""
