"""`flask worker`: runs background tasks."""

import click
from flask import current_app
from flask.cli import with_appcontext
from prometheus_client import start_http_server

from app.audit.closing import PAUSE_SECONDS, Closer
from app.cli import schedule  # noqa: F401 - what it declares is in the queue's registry from then on
from app.connections.encryption_key_check import check_keys
from app.core import metrics, tasks
from app.core.database import check_writable


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Run background jobs until stopped; finishes the current job first."""
    # It imports the queue, which the web processes don't need at their start.
    from app.core.task_batches import BatchConsumer

    check_writable(current_app)
    check_keys(current_app)
    tasks.heartbeat()
    if port := current_app.config["WORKER_METRICS_PORT"]:
        start_http_server(port, addr="127.0.0.1", registry=metrics.counted())
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    closer = Closer(app, poll_seconds=PAUSE_SECONDS)
    closer.wake()
    options = {"workers": 2, "initial_delay": 0.05, "max_delay": 1.0, "graceful_signal": "TERM"}
    BatchConsumer(app, **options).run()
    closer.stop()
