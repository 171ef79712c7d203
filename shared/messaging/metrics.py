"""What a consumer counts and measures; every name has the label `service`."""

from prometheus_client import Counter, Gauge, Histogram

HANDLED = Counter(
    "datacity_events_handled_total",
    "Records by what became of them: handled, duplicate, set_aside (tried again later), parked (a person decides)",
    ["service", "topic", "outcome"],
)
SECONDS = Histogram(
    "datacity_event_handled_seconds",
    "From the event's own time to its effect's commit",
    ["service", "topic"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800),
)
GAPS = Counter("datacity_event_gaps_total", "Events whose aggregate's earlier events never came", ["service", "topic"])
FALLBACKS = Counter(
    "datacity_batch_fallbacks_total", "Batches that were undone and divided, as one of their events failed", ["service"]
)
LAG = Gauge("datacity_consumer_lag", "Records of this process's partitions not handled yet", ["service", "topic"])
STUCK = Gauge("datacity_consumer_stuck", "1 while the consumer makes no progress though it should", ["service"])
RESTARTS = Counter("datacity_consumer_restarts_total", "Consumers rebuilt because they were stuck", ["service"])
