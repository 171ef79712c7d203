"""If-Match where it is welcome and not required."""

from typing import Annotated

from fastapi import Depends, Header

from shared.http import if_match


def version_if_any(
    given: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description='The ETag of what you read, such as `"3"`; without it any version will do.',
            json_schema_extra={"pattern": '^"(0|[1-9][0-9]{0,17})"$', "x-optional": True},
        ),
    ] = None,
) -> int | None:
    """The version that the caller read; None if the caller says nothing of one."""
    return None if given is None else if_match(given)


IfMatchAtWill = Annotated[int | None, Depends(version_if_any)]
