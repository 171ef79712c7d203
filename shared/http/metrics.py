"""Counts and times of requests, by route template, for Prometheus."""

from prometheus_client import Counter, Histogram

_REQUESTS = Counter("datacity_http_requests", "Requests answered.", ["service", "method", "route", "status"])
_SECONDS = Histogram(
    "datacity_http_request_seconds",
    "Time to answer, to the last byte.",
    ["service", "method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def known_method(given: str) -> str:
    """The method, or OTHER: a caller may invent any number of them."""
    return given if given in _METHODS else "OTHER"


def observe(service: str, *, method: str, route: str, status: int, seconds: float) -> None:
    """Labels come from the code, never from the caller, so that their number is bounded."""
    _REQUESTS.labels(service, method, route, str(status)).inc()
    _SECONDS.labels(service, method, route).observe(seconds)
