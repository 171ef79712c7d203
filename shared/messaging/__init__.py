"""Hearing events: one way to subscribe, with defaults that lose nothing."""

from shared.messaging.consuming import Consumer, behind
from shared.messaging.handling import Handling, Outcome
from shared.messaging.listener import Listener
from shared.messaging.releasing import Operator, Releasing
from shared.messaging.retrying import Retrier

__all__ = ["Consumer", "Handling", "Listener", "Operator", "Outcome", "Releasing", "Retrier", "behind"]
