"""Cookies that only this origin and one service's pages have."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from shared.settings import Environment, Settings

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Cookie:
    """Never read by scripts, never sent to another site's requests but when one comes here by a link."""

    name: str
    secure: bool

    def read(self, request: Request) -> str | None:
        return request.cookies.get(self.name)

    def write(self, response: Response, value: str, *, seconds: int) -> None:
        response.set_cookie(
            self.name, value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def clear(self, response: Response) -> None:
        response.delete_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite="lax")


def cookie_named(name: str, *, settings: Settings, origin: str) -> Cookie:
    """`__Host-` binds it to this very origin, which browsers grant to https alone.

    A developer's http on loopback gets a plain name instead: Firefox and Safari would throw the other away there, and
    nobody could sign in. Nothing but development on loopback is let off.
    """
    at = urlsplit(origin)
    plain = settings.environment is Environment.DEVELOPMENT and at.scheme == "http" and at.hostname in LOOPBACK
    return Cookie(f"datacity-{name}" if plain else f"__Host-datacity-{name}", secure=not plain)
