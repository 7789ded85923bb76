"""How gunicorn serves Portico; the numbers come from the environment."""

import os
import shutil
import tempfile
from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger

from app.settings import load_settings
from app.web.logs import without_secrets

_settings = load_settings()

# Where this node's processes count together; set before anything counts.
_counted = tempfile.mkdtemp(prefix="portico-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counted

bind = f"{'127.0.0.1' if _settings.sandbox_origin else '0.0.0.0'}:{_settings.port}"  # noqa: S104 - a server is to be reached
workers = _settings.web_concurrency
worker_class = "gthread"
threads = 8
# Longer than any deadline of our own requests to Microsoft (10 s), so that those end by themselves.
timeout = 30
graceful_timeout = 20
keepalive = 5
preload_app = True
# The path alone: the query of a callback holds the authorization code.
accesslog = "-"


class logger_class(Logger):  # noqa: N801 - the setting's name
    """A set-up link's path holds its token. Only what the format names is put together: gunicorn's own way costs as
    much as a page."""

    def atoms(self, resp: Any, _req: Any, environ: dict[str, Any], took: timedelta) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in resp.headers}
        path = without_secrets(None, "", {"path": environ["PATH_INFO"]})["path"]
        return {
            "m": environ["REQUEST_METHOD"],
            "U": path,
            "s": str(resp.status).split(None, 1)[0],
            "M": round(took.total_seconds() * 1000),
            "i": headers.get("x-request-id", "-"),
        }


access_log_format = '{"access": "%(m)s %(U)s", "status": %(s)s, "milliseconds": %(M)s, "request_id": "%(i)s"}'
if _settings.sandbox_origin:
    accesslog = None
# Up to five open sign-in attempts travel as cookies.
limit_request_field_size = 16380


def post_fork(_server: object, _worker: object) -> None:
    """Connections must not be shared between processes."""
    from app.database import db
    from wsgi import app

    with app.app_context():
        db.engine.dispose(close=False)


def child_exit(_server: object, worker: Any) -> None:
    """What it counted stays in the sums; what it was is forgotten."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server: object) -> None:
    shutil.rmtree(_counted, ignore_errors=True)
