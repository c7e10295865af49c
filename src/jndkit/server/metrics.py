"""Counters for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from jndkit.server.desk import Desk, Ticket

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS"})
_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 150.0, 300.0)


class Metrics:
    """What one server counts."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._responses = Counter("jnd_http_responses", "Responses.", ["method", "status"], registry=registry)
        self._jobs = Counter("jnd_jobs", "Jobs that are over.", ["kind", "state"], registry=registry)
        self._seconds = Histogram(
            "jnd_job_seconds", "Seconds of work on a job.", ["kind"], registry=registry, buckets=_SECONDS
        )
        self._waiting = Gauge("jnd_jobs_waiting", "Jobs that wait.", registry=registry)
        self._working = Gauge("jnd_jobs_working", "Jobs that are worked on.", registry=registry)

    def responded(self, method: str, status: int) -> None:
        # Whatever else a client calls its method must not make another counter.
        self._responses.labels(method if method in _METHODS else "other", str(status)).inc()

    def over(self, ticket: Ticket) -> None:
        self._jobs.labels(ticket.kind, ticket.state).inc()
        if ticket.began is not None:
            self._seconds.labels(ticket.kind).observe(ticket.seconds)

    def text(self, desk: Desk) -> bytes:
        self._waiting.set(desk.waiting)
        self._working.set(desk.working)
        text: bytes = generate_latest(self._registry)
        return text
