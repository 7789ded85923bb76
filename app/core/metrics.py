"""Prometheus metrics that are counted as events happen. They add up over a node's processes (gunicorn.conf.py); what is
looked up at scrape time is in `overview/metrics/views.py`.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, multiprocess

SIGN_INS = Counter("portico_sign_ins", "Sign-ins by their end", ["result", "reason"])
UPSTREAM = Histogram(
    "portico_upstream_seconds",
    "Requests to Microsoft; status 0 means no answer",
    ["endpoint", "status"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
LIMITS_ALONE = Counter("portico_limits_alone", "Times that limits were not shared, since Redis was gone")
QUEUE_REFUSED = Counter("portico_queue_refused", "Tasks that no queue took", ["task"])
TASKS_FAILED = Counter("portico_tasks_failed", "Tasks that failed and that the queue tries no further", ["task"])


def counted() -> CollectorRegistry:
    """A registry of everything counted on this node, to which collectors can be added."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        for metric in (SIGN_INS, UPSTREAM, LIMITS_ALONE, QUEUE_REFUSED, TASKS_FAILED):
            registry.register(metric)
    return registry
