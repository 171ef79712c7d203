"""Metrics that alerts and dashboards name and that no process exposes yet, with their labels beside `service`."""

TO_COME: dict[str, set[str]] = {
    "datacity_outbox_publish_seconds": set(),
    "datacity_relay_rebuilds_total": {"reason"},
    "datacity_event_handled_seconds": {"topic"},
    "datacity_consumer_lag": {"topic"},
    "datacity_consumer_stuck": set(),
    "datacity_consumer_restarts_total": set(),
    "datacity_batch_fallbacks_total": set(),
}
