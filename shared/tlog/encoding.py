"""Numbers and bytes as these formats spell them: one spelling each, so that what was signed can't be said otherwise.

The functions that read give None for any other spelling; the caller knows what it was reading and raises its own fault.
"""

import base64
import binascii
from collections.abc import Sequence

MAX_NUMBER = 2**63 - 1
"""The largest size, index and timestamp: more does not fit other implementations."""
MAX_PROOF_HASHES = 63
"""The longest proof that the formats allow; a tree that needs more would have over 2^62 entries."""


def to_base64(raw: bytes) -> str:
    """The standard alphabet, padded (RFC 4648, section 4)."""
    return base64.b64encode(raw).decode()


def from_base64(text: str) -> bytes | None:
    """Bytes from the one spelling that `to_base64` gives them: no line breaks, no stray bits, full padding."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # ValueError: letters beyond ASCII
        return None
    return raw if to_base64(raw) == text else None


def hash_from_base64(text: str) -> bytes | None:
    """Like `from_base64`, and None too if it is not as long as a SHA-256."""
    raw = from_base64(text)
    return raw if raw is not None and len(raw) == 32 else None


def hashes_from_lines(lines: Sequence[str]) -> tuple[bytes, ...] | None:
    """A proof, a hash a line; None if a line is none, or if there are more than any tree can need."""
    hashes = tuple(raw for raw in map(hash_from_base64, lines) if raw is not None)
    return hashes if len(hashes) == len(lines) <= MAX_PROOF_HASHES else None


def decimal(text: str) -> int | None:
    """A number of at most 2^63 - 1 in ASCII digits, without sign or leading zero."""
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(MAX_NUMBER)) or text[0] == "0" != text:
        return None
    number = int(text)
    return number if number <= MAX_NUMBER else None


def without_controls(text: str) -> bool:
    """Whether it has no control character but line breaks, and can be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return all(character >= " " or character == "\n" for character in text)
