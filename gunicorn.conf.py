"""How gunicorn serves Portico; the numbers come from the environment."""

import gc
import os
import shutil
import tempfile
from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger

from app.core import logging
from app.core.patches.gunicorn_stop import AnsweringWorker, tell_workers_of_stop
from app.settings import load_settings

_settings = load_settings()
logging.configure(_settings)

# The directory in which this node's processes count metrics together; set before anything counts.
_counted = tempfile.mkdtemp(prefix="portico-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counted

bind = f"{'127.0.0.1' if _settings.sandbox_origin else '0.0.0.0'}:{_settings.port}"  # noqa: S104 - a server is to be reached
workers = _settings.web_concurrency
threads = 8
# Only the application trusts proxy headers, as TRUSTED_PROXIES says (app/http/forwarding.py). gunicorn itself would
# trust headers about scheme and path from any process on this machine.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
# Longer than any deadline of our requests to Microsoft (10 s), so that those end by themselves.
timeout = 30
graceful_timeout = 20
# Longer than a proxy keeps an unused connection (deploy/): the proxy closes it, and never we during its request.
keepalive = 5
preload_app = True
# systemd and signals are enough to control a node.
control_socket_disable = True
worker_class = AnsweringWorker


def when_ready(server: Any) -> None:
    # The application is loaded. A worker's collections would find nothing in it, and copy its memory, which all
    # workers share, by writing marks into it.
    gc.freeze()
    tell_workers_of_stop(server)
    if workers > 1 and not _settings.redis_url.get_secret_value():
        server.log.warning("Without REDIS_URL each of the %s processes counts limits for itself; set it.", workers)


accesslog = "-"


class logger_class(Logger):  # noqa: N801 - the setting's name
    """Logs the matched rule of a URL, never its values. Only the values in the format are computed: gunicorn's own
    logger costs as much CPU time as a page.
    """

    def setup(self, cfg: Any) -> None:
        """gunicorn's own log lines go through the common configuration: as JSON, and with secrets redacted."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def atoms(self, resp: Any, _req: Any, environ: dict[str, Any], took: timedelta) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in resp.headers}
        return {
            "m": environ["REQUEST_METHOD"],
            "U": environ.get(logging.RULE) or _outside_flask(environ),
            "s": str(resp.status).split(None, 1)[0],
            "M": round(took.total_seconds() * 1000),
            "i": headers.get("x-request-id", "-"),
            "c": environ.get(logging.COMPANY, "-"),
        }


def _outside_flask(environ: dict[str, Any]) -> str:
    """Static files are served, and malformed requests refused, before a route is matched."""
    return logging.STATIC_RULE if environ["PATH_INFO"].startswith("/static/") else logging.NO_RULE


access_log_format = (
    '{"access": "%(m)s %(U)s", "status": %(s)s, "milliseconds": %(M)s, "request_id": "%(i)s", "company": "%(c)s"}'
)
if _settings.sandbox_origin:
    accesslog = None
# Up to five login transactions are kept in cookies.
limit_request_field_size = 16380


def post_fork(_server: object, _worker: object) -> None:
    """Connections must not be shared between processes."""
    from app.core.database import db
    from wsgi import app

    with app.app_context():
        db.engine.dispose(close=False)


def child_exit(_server: object, worker: Any) -> None:
    """Keeps the process's counts in the sums and removes its gauges."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server: object) -> None:
    shutil.rmtree(_counted, ignore_errors=True)
