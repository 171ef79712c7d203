"""Effect exactly once: what was handled is remembered in the handler's own transaction."""

from shared.inbox.quarantine import Parked, park, waiting
from shared.inbox.receipt import Receipt, receive

__all__ = ["Parked", "Receipt", "park", "receive", "waiting"]
