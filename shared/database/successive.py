"""A session that units of work use one after the other in one transaction, each as if it had just been opened."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession


class SuccessiveSession(AsyncSession):
    """What a unit of work adds is written with what the next ones add, as long as none of them asks the database.

    The first that does has what came before it written first, and its objects let go: it reads the rows themselves,
    as from a session of its own. So those that only add cost one INSERT together.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._added: list[object] = []
        self._asked = False
        self._left_over = False

    def begin_next(self) -> None:
        """From here on the session is another unit of work's."""
        self._left_over = self._left_over or self._asked or bool(self._added)
        self._added = []
        self._asked = False

    async def settle(self) -> None:
        """Write what earlier units of work left, and forget their objects."""
        self._asked = True
        if not self._left_over:
            return
        self._left_over = False
        await super().flush()
        own = {id(instance) for instance in self._added}
        for instance in [instance for instance in self if id(instance) not in own]:
            self.expunge(instance)

    def add(self, instance: object, **options: Any) -> None:
        self._added.append(instance)
        super().add(instance, **options)

    def add_all(self, instances: Iterable[object]) -> None:
        instances = list(instances)
        self._added.extend(instances)
        super().add_all(instances)

    async def flush(self, objects: Sequence[Any] | None = None) -> None:
        await self.settle()
        await super().flush(objects)


ASKING = (
    "connection", "delete", "delete_all", "exec", "execute", "get", "get_one", "merge", "merge_all",
    "refresh", "run_sync", "scalar", "scalars", "stream", "stream_scalars",
)  # fmt: skip
"""Every method by which a session asks the database; a test sees when a new version of the library has another."""


def _settled(name: str) -> Any:
    plain = getattr(AsyncSession, name)

    async def method(self: SuccessiveSession, *args: Any, **kwargs: Any) -> Any:
        await self.settle()
        return await plain(self, *args, **kwargs)

    method.__name__ = name
    return method


for _name in ASKING:
    setattr(SuccessiveSession, _name, _settled(_name))
