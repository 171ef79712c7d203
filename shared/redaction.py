"""Takes personal data and secrets out of log lines, by the name of a value and by its look."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from structlog.typing import EventDict, WrappedLogger

REDACTED = "[redacted]"

_NAMES = re.compile(
    r"(^|_)(e?mails?|(full|first|last|family|given|display|person|user|applicant|contact)_?names?|username"
    r"|tele?phones?|phones?|mobile|address(es)?|cin|birth_?date|authorization|cookies?|passwords?|passphrase|secrets?"
    r"|(access|refresh|id|bearer|api)?_?tokens?|api_?key|private_?key|signature|credentials?|remote_addr|client_ip"
    r"|ip|recipients?)$",
    re.IGNORECASE,
)
_EXACT = frozenset({"name", "to", "from", "body", "payload", "set-cookie"})
_LOOKS = tuple(
    (re.compile(pattern, re.DOTALL), rf"\g<1>{REDACTED}")
    for pattern in (
        r"()[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}",
        r"()\beyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]*)?",  # a JWT
        r"([Bb]earer )[A-Za-z0-9._~+/\-]+=*",
        r"(://)[^/\s:@]+:[^/\s@]+(?=@)",  # user:password in a URL
        r"(DETAIL:\s+)[^\n]*",  # PostgreSQL quotes the row there
        r"(for query argument \$\d+: )[^\n]*",  # asyncpg quotes the value
        r"(\[parameters: ).*?(?=\]\n|\]$)",  # sqlalchemy quotes all values
        r"(input_value=).*?(?=, input_type=)",  # pydantic quotes what was sent
    )
)


_MARKS = ("@", "eyJ", "earer ", "DETAIL:", "for query argument", "[parameters: ", "input_value=")
"""One of them is in every text that any of the looks would find: to look for them is much quicker."""


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor. The event's own name is kept; every other value is looked at, however deep."""
    return {key: value if key.startswith("_") else _clean(key, value) for key, value in event.items()}


def scrub(text: str) -> str:
    """Text without what looks like an address, a token, or a value quoted by a library's message."""
    if any(mark in text for mark in _MARKS):
        for look, replacement in _LOOKS:
            text = look.sub(replacement, text)
    return text


@lru_cache(maxsize=1024)
def _is_personal(name: str) -> bool:
    return name.lower() in _EXACT or _NAMES.search(name) is not None


def _clean(key: str, value: Any) -> Any:
    if value is not None and _is_personal(key):
        return REDACTED
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {str(k): _clean(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrub(str(value))
