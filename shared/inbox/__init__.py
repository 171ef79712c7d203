"""Effect exactly once: what was handled is remembered in the handler's own transaction."""

from shared.inbox.quarantine import Parked, waiting
from shared.inbox.receipt import REPEATED, Receipt, receive, received, waiting_keys

__all__ = ["REPEATED", "Parked", "Receipt", "receive", "received", "waiting", "waiting_keys"]
