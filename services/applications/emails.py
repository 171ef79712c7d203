"""What is taken for an e-mail address, wherever it is typed."""

from typing import Annotated

from pydantic import StringConstraints

Email = Annotated[
    str,
    StringConstraints(
        max_length=254,
        # As browsers have it; nothing that could begin another header or another address.
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]{1,64}@[A-Za-z0-9]([A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
        r"(\.[A-Za-z0-9]([A-Za-z0-9\-]{0,61}[A-Za-z0-9])?)+$",
    ),
]
