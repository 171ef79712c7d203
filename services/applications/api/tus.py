"""tus 1.0.0, the protocol of resumable uploads: what its headers say, and its own refusals.

https://tus.io/protocols/resumable-upload: core, creation, expiration, checksum and termination.
"""

import base64
import hashlib
import hmac
from datetime import datetime
from email.utils import format_datetime
from typing import Annotated

from fastapi import Depends, Header

from services.applications.domain.attachments import LARGEST
from shared.errors import BadRequest, DomainError

VERSION = "1.0.0"
RESUMABLE = {"Tus-Resumable": VERSION}
MEDIA_TYPE = "application/offset+octet-stream"
ALGORITHMS = ("sha1", "sha256")
RULES = {
    "Tus-Version": VERSION,
    "Tus-Max-Size": str(LARGEST),
    "Tus-Extension": "creation,expiration,checksum,termination",
    "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
}

Length = Annotated[
    int, Header(alias="Upload-Length", ge=0, lt=2**53, description="Bytes of the whole file; it has to be known.")
]
Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, lt=2**53, description="Where these bytes begin.")]


class VersionNotSpoken(DomainError):
    status = 412
    slug = "tus-version-not-spoken"
    message = "Send Tus-Resumable: 1.0.0, which is the version of the protocol that is spoken here."


class MalformedMetadata(BadRequest):
    slug = "malformed-upload-metadata"
    message = "Upload-Metadata takes names with values in base64, apart by commas, such as `filename ZGVjay5wZGY=`."


class MalformedChecksum(BadRequest):
    slug = "malformed-upload-checksum"
    message = "Upload-Checksum takes an algorithm, sha1 or sha256, and the digest of this request's body in base64."


class ChecksumMismatch(DomainError):
    status = 460
    slug = "checksum-mismatch"
    title = "Checksum mismatch"
    message = "These bytes changed on their way, so none of them was kept. Send them again."


def speak(
    given: Annotated[str | None, Header(alias="Tus-Resumable", json_schema_extra={"pattern": r"^1\.0\.0$"})] = None,
) -> None:
    """Raises VersionNotSpoken."""
    if given != VERSION:
        raise VersionNotSpoken


Spoken = Depends(speak)


class Checksum:
    """The digest that a body should have."""

    def __init__(self, algorithm: str, digest: bytes) -> None:
        self._algorithm = algorithm
        self._digest = digest

    @classmethod
    def read(cls, header: str | None) -> "Checksum | None":
        """None if there is none. Raises MalformedChecksum."""
        if header is None:
            return None
        algorithm, _, encoded = header.strip().partition(" ")
        if algorithm not in ALGORITHMS:
            raise MalformedChecksum
        return cls(algorithm, _decoded(encoded, MalformedChecksum))

    def check(self, content: bytes) -> None:
        """Raises ChecksumMismatch."""
        found = hashlib.new(self._algorithm, content, usedforsecurity=False).digest()
        if not hmac.compare_digest(found, self._digest):
            raise ChecksumMismatch


def metadata(header: str | None) -> dict[str, str]:
    """Names and what they say. Raises MalformedMetadata."""
    found: dict[str, str] = {}
    for pair in (header or "").split(","):
        if not pair.strip():
            continue
        name, _, encoded = pair.strip().partition(" ")
        try:
            found[name] = _decoded(encoded, MalformedMetadata).decode()
        except UnicodeDecodeError:
            raise MalformedMetadata from None
    return found


def expires(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


def _decoded(encoded: str, refusal: type[BadRequest]) -> bytes:
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except ValueError:
        raise refusal from None
