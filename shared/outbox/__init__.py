"""Atomic publishing: events are written with the change they tell of, and a relay hands them to Kafka in order."""

from shared.outbox.relay import Relay
from shared.outbox.wakeup import Wakeup
from shared.outbox.writing import Outgoing, drop_unsent, write_all

__all__ = ["Outgoing", "Relay", "Wakeup", "drop_unsent", "write_all"]
