"""`/metrics`: what was counted on this node, and the state of the queue and credentials."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address

import sqlalchemy as sa
from flask import Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.connections import queries as connections
from app.core import metrics, tasks
from app.core.database import now
from app.crm import queries as crm
from app.entra_apps.expiry import HORIZON, THRESHOLDS


def show() -> Response:
    """For requests from a private network to this node itself. Through a proxy it is not available: the number of
    failed sign-ins is not public.
    """
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded"))
    if forwarded or not ip_address(request.remote_addr or "0.0.0.0").is_private:  # noqa: S104 - no address to bind to
        abort(404)
    registry = metrics.counted()
    registry.register(_LookedUp())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _LookedUp(Collector):
    """Values looked up at scrape time; they belong to no process and are in none's file."""

    def describe(self) -> Iterable[Metric]:
        """Nothing, as otherwise everything would be looked up once more for its names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        yield from _queue()
        yield from _credentials()


def _queue() -> Iterator[Metric]:
    """Yields nothing if the queue doesn't answer; alerts check for absent metrics."""
    queue = tasks.queue_stats()
    if queue is None:
        return
    yield GaugeMetricFamily("portico_queue_tasks", "Tasks that wait", queue.waiting)
    yield GaugeMetricFamily(
        "portico_queue_oldest_seconds", "How long the first of them has waited", queue.oldest_seconds
    )


def _credentials() -> Iterator[Metric]:
    """Yields nothing if the database doesn't answer."""
    today = now().date()
    last_day = today + HORIZON
    try:
        left = [(one - today).days for one in (*connections.ends(last_day), *crm.ends(last_day))]
    except sa.exc.SQLAlchemyError:
        return
    ending = GaugeMetricFamily(
        "portico_credentials_ending", "Credentials in use that end within so many days", labels=["days"]
    )
    for threshold in THRESHOLDS:
        ending.add_metric([str(threshold)], sum(one <= threshold for one in left))
    yield ending
    yield GaugeMetricFamily(
        "portico_credential_days_left",
        "Days until the first credential in use ends",
        min(left, default=max(THRESHOLDS)),
    )
