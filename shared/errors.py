"""The refusals a caller can meet: what happened, what to do about it, and the facts.

    DomainError
    ├── BadRequest           400   the request can't be read at all
    ├── Unauthenticated      401   who asks is not known
    ├── Forbidden            403   who asks may not
    ├── NotFound             404   it isn't there, or it isn't shown to who asks
    ├── Conflict             409   not in this state
    ├── StaleVersion         412   someone else changed it first
    ├── TooLarge             413   more bytes than we take
    ├── UnsupportedMedia     415   another format than we read
    ├── Invalid              422   understood, and not acceptable
    ├── PreconditionRequired 428   say which version you read
    ├── TooMany              429   slower, please
    └── Unavailable          503   we can't just now

A service derives its own beside the function that raises them:

    class CallClosed(Conflict):
        slug = "call-closed"

        def __init__(self, *, deadline: datetime, now: datetime) -> None:
            super().__init__(
                f"The call closed at {deadline:%Y-%m-%d %H:%M} UTC and it is {now:%Y-%m-%d %H:%M} UTC. "
                "Ask the team for an extension.",
                deadline=deadline,
                now=now,
            )

They are answers, not accidents: the HTTP edge renders them as RFC 9457 problems and logs none as an error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """One thing wrong with one part of a request; never holds the part's content."""

    pointer: str
    """Where, as a JSON pointer fragment such as `#/answers/0/text`, or `query/limit`, `path/id`, `header/If-Match`."""
    detail: str
    code: str = "invalid"


class DomainError(Exception):
    """A refusal with a stable type (`slug`), a message that says what to do, and facts (`extra`)."""

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "conflict"
    title: ClassVar[str] = ""
    """The type's own short name; made from the slug when empty."""
    message: str = "This can't be done now."
    retry_after: int | None = None
    """Seconds after which it makes sense to try again."""

    def __init__(
        self,
        message: str | None = None,
        /,
        *,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
        **extra: object,
    ) -> None:
        self.message = message if message is not None else type(self).message
        self.errors = tuple(errors)
        self.retry_after = retry_after if retry_after is not None else type(self).retry_after
        self.extra = extra
        super().__init__(self.message)

    @classmethod
    def short_title(cls) -> str:
        return cls.title or cls.slug.replace("-", " ").capitalize()


class BadRequest(DomainError):
    status = 400
    slug = "bad-request"
    message = "The request can't be read. Check it against the API's documentation."


class Unauthenticated(DomainError):
    status = 401
    slug = "sign-in-required"
    message = "Sign in first: send a bearer token in the Authorization header."


class Forbidden(DomainError):
    status = 403
    slug = "forbidden"
    message = "You may not do this. Ask the team if you think you should."


class NotFound(DomainError):
    status = 404
    slug = "not-found"
    message = "There is nothing here, or nothing that you may see. Check the address."


class Conflict(DomainError):
    status = 409
    slug = "conflict"
    message = "This can't be done in the present state. Read it again and see what is possible."


class StaleVersion(DomainError):
    status = 412
    slug = "stale-version"
    message = "Someone changed this since you read it. Read it again, then repeat your change with its new ETag."


class TooLarge(DomainError):
    status = 413
    slug = "too-large"
    message = "The request's body is too large. Send less."


class UnsupportedMedia(DomainError):
    status = 415
    slug = "unsupported-media-type"
    message = "This format is not read here. Send one of those that the API's documentation names."


class Invalid(DomainError):
    status = 422
    slug = "invalid"
    message = "The request is not acceptable. Correct what `errors` points at and send it again."


class PreconditionRequired(DomainError):
    status = 428
    slug = "if-match-required"
    message = "Say which version you are changing: read it, then send its ETag as the If-Match header."


class TooMany(DomainError):
    status = 429
    slug = "too-many-requests"
    message = "Too many requests. Wait for as many seconds as Retry-After says."


class Unavailable(DomainError):
    status = 503
    slug = "unavailable"
    message = "The service can't answer just now. Try again in as many seconds as Retry-After says."
    retry_after = 5
