"""`/metrics`: what was counted at this node, and how the queue and the credentials stand."""

from ipaddress import ip_address

from flask import Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from app import queue
from app.connections import queries as connections
from app.connections.expiry import THRESHOLDS
from app.database import now
from app.web import metrics


def show() -> Response:
    """For whoever asks this node itself from a private network. Through a proxy it is not there: people need not know
    how many sign-ins fail."""
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded"))
    if forwarded or not ip_address(request.remote_addr or "0.0.0.0").is_private:  # noqa: S104 - no address to bind to
        abort(404)
    registry = metrics.counted()
    _queue(registry)
    _credentials(registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _queue(registry: CollectorRegistry) -> None:
    """Nothing at all when the queue doesn't answer: an alert asks for what is absent."""
    standing = queue.standing()
    if standing is not None:
        Gauge("portico_queue_tasks", "Tasks that wait", registry=registry).set(standing.waiting)
        Gauge("portico_queue_oldest_seconds", "How long the first of them has waited", registry=registry).set(
            standing.oldest_seconds
        )


def _credentials(registry: CollectorRegistry) -> None:
    days = Gauge(
        "portico_credentials_ending", "Credentials in use that end within so many days", ["days"], registry=registry
    )
    least = Gauge("portico_credential_days_left", "Days until the first credential in use ends", registry=registry)
    today = now().date()
    left = [(one - today).days for one in connections.ends(max(THRESHOLDS))]
    for threshold in THRESHOLDS:
        days.labels(threshold).set(sum(one <= threshold for one in left))
    least.set(min(left, default=max(THRESHOLDS)))
