"""Takes in a request's body, within bounds, before anything is opened for it.

The body is read whole first, so that a slow sender never holds a transaction; it is kept in memory up to 1 MiB and in a
temporary file beyond, so that memory stays bounded whatever is sent.
"""

import hashlib
from collections.abc import Iterable
from tempfile import SpooledTemporaryFile
from typing import Any

import pydantic_core
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from shared.errors import BadRequest, TooLarge, UnsupportedMedia

BODY_READ = "datacity.body_read"
"""In the scope once nothing more of the body is to come."""

_IN_MEMORY = 2**20
_CHUNK = 2**16


class BodyTooLarge(TooLarge):
    slug = "body-too-large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body may have at most {limit} bytes. Send less, or split it.", limit=limit)


class WrongContentType(UnsupportedMedia):
    def __init__(self, accepted: Iterable[str]) -> None:
        named = sorted(accepted)
        super().__init__(f"Send the body as {' or '.join(named)}, and say so in Content-Type.", accepted=named)


class MalformedContentLength(BadRequest):
    slug = "malformed-content-length"
    message = "Content-Length is not a number. Send the number of bytes of the body, or none and chunks."


class NotJson(HTTPException):
    """An HTTPException, as FastAPI lets no other kind pass while it reads a body; answered as MalformedJson."""

    def __init__(self) -> None:
        super().__init__(400)


class DoesNotFit(HTTPException):
    """The same for JSON that is not what the route takes; answered like any failed validation."""

    def __init__(self, errors: list[ErrorDetails]) -> None:
        super().__init__(422)
        self.errors = [{**error, "loc": ("body", *error["loc"])} for error in errors]


def check_content_type(headers: Headers, accepted: Iterable[str]) -> None:
    """Raises WrongContentType unless the body is of an accepted type; no body at all is left to validation."""
    given = headers.get("content-type")
    if given is None:
        if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
            return
        raise WrongContentType(accepted)
    media = given.partition(";")[0].strip().lower()
    if media in accepted or (
        "application/json" in accepted and media.startswith("application/") and media.endswith("+json")
    ):
        return
    raise WrongContentType(accepted)


class ReceivedBody:
    """All bytes of a request's body, to be read as often as needed."""

    def __init__(self, content_type: str) -> None:
        self._file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by the gate
        self._content_type = content_type
        self.size = 0

    @classmethod
    async def of(cls, request: Request, *, limit: int) -> "ReceivedBody":
        """Read it, or raise BodyTooLarge: at once if Content-Length says so, else as soon as it is exceeded."""
        declared = request.headers.get("content-length")
        if declared is not None:
            if not (declared.isascii() and declared.isdigit()):
                raise MalformedContentLength
            if len(declared) > 18 or int(declared) > limit:
                raise BodyTooLarge(limit)
        received = cls(request.headers.get("content-type", ""))
        try:
            async for chunk in request.stream():
                received.size += len(chunk)
                if received.size > limit:
                    raise BodyTooLarge(limit)
                received._file.write(chunk)
        except BaseException:
            received.close()
            raise
        request.scope[BODY_READ] = True
        return received

    def close(self) -> None:
        self._file.close()

    def request(self, original: Request, fits: TypeAdapter[Any] | None) -> Request:
        """The same request, whose body comes from here and, if it is JSON, is read as that type."""
        self._file.seek(0)
        finished = False

        async def receive() -> Message:
            nonlocal finished
            if finished:
                return await original.receive()  # only a disconnect is left to be heard
            chunk = self._file.read(_CHUNK)
            finished = self._file.tell() >= self.size
            return {"type": "http.request", "body": chunk, "more_body": not finished}

        return StrictRequest(original.scope, receive, original._send, fits)

    def digest(self, *parts: str) -> str:
        """SHA-256 over these parts and the body; a form's boundary, new at each sending, is left out."""
        digest = hashlib.sha256()
        for part in parts:
            digest.update(f"{len(part)}:{part}".encode())
        boundary = _boundary_of(self._content_type)
        self._file.seek(0)
        tail = b""
        while chunk := self._file.read(_CHUNK):
            if boundary:
                *whole, tail = (tail + chunk).split(boundary)
                for piece in whole:
                    digest.update(piece + b"\0boundary\0")
                keep = len(boundary) - 1
                chunk, tail = (tail[:-keep], tail[-keep:]) if keep else (tail, b"")
            digest.update(chunk)
        digest.update(tail)
        return digest.hexdigest()


class StrictRequest(Request):
    """Reads JSON as its standard has it, and straight into the route's type: FastAPI's own way converts "1" to 1."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, fits: TypeAdapter[Any] | None) -> None:
        super().__init__(scope, receive, send)
        self._fits = fits

    async def json(self) -> Any:
        body = await self.body()
        try:
            parsed = pydantic_core.from_json(body, allow_inf_nan=False)
            return parsed if self._fits is None else self._fits.validate_json(body, strict=True)
        except ValidationError as error:
            raise DoesNotFit(error.errors(include_url=False, include_input=False)) from None
        except ValueError:
            raise NotJson from None


def _boundary_of(content_type: str) -> bytes:
    media, _, parameters = content_type.partition(";")
    if media.strip().lower() != "multipart/form-data":
        return b""
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "boundary":
            return value.strip('"').encode("utf-8", "replace")
    return b""
