"""Writing a copy of a log that can be verified again, and compared with."""

from pathlib import Path

from infra.verify.reading import Published
from infra.verify.sources import Unreadable
from infra.verify.trust import Head
from shared.tlog.tiles import Bundle


class Saving:
    """A folder that a copy is written into, the checkpoint last; what was there of the same name is replaced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def bundle(self, place: Bundle, content: bytes) -> None:
        self._write(place.path, content)

    async def end(self, head: Head, found: Published) -> None:
        for tile, content in found.tiles.items():
            if content is not None:
                self._write(tile.path, content)
        listed = head.listed or head.signed_by
        self._write("vkeys", "".join(f"{key.vkey}\n" for key in listed).encode())
        self._write("checkpoint", head.data)

    def _write(self, name: str, content: bytes) -> None:
        path = self._folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            message = f"Name a --save folder that can be written: {path} can't be ({error.strerror})."
            raise Unreadable(message) from error
