"""If-Match where it is welcome and not required."""

from typing import Annotated

from fastapi import Depends, Header

from shared.http import if_match


def version_if_any(
    # Each route says in words what it makes of it: as a parameter, the document would call it required.
    given: Annotated[str | None, Header(alias="If-Match", include_in_schema=False)] = None,
) -> int | None:
    """The version that the caller read; None if the caller says nothing of one."""
    return None if given is None else if_match(given)


IfMatchAtWill = Annotated[int | None, Depends(version_if_any)]
