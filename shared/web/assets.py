"""Styles, scripts and pictures, served from here under a hash of their content, so that browsers may keep them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from shared.http.health import KitRoute

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOR_EVER = "public, max-age=31536000, immutable"


class Assets:
    """The files of some folders, by name; a later folder may replace a file of an earlier one."""

    def __init__(self, prefix: str, folders: Iterable[Path]) -> None:
        self.prefix = f"{prefix}/static"
        self._content: dict[str, bytes] = {}
        for folder in folders:
            for file in sorted(folder.iterdir()) if folder.is_dir() else ():
                if file.suffix in MEDIA_TYPES:
                    self._content[file.name] = file.read_bytes()
        self._digests = {name: hashlib.sha256(held).hexdigest()[:16] for name, held in self._content.items()}

    @property
    def names(self) -> list[str]:
        return sorted(self._content)

    def url(self, name: str) -> str:
        """Raises KeyError for a file that there is not."""
        return f"{self.prefix}/{self._digests[name]}/{name}"

    def size(self, name: str) -> int:
        return len(self._content[name])

    def route(self) -> KitRoute:
        return KitRoute(f"{self.prefix}/{{digest}}/{{name}}", self._serve, include_in_schema=False)

    async def _serve(self, request: Request) -> Response:
        name, digest = request.path_params["name"], request.path_params["digest"]
        if self._digests.get(name) != digest:
            return PlainTextResponse("Nothing is served at this address.", status_code=404)
        media_type = MEDIA_TYPES[Path(name).suffix]
        return Response(self._content[name], media_type=media_type, headers={"Cache-Control": FOR_EVER})
