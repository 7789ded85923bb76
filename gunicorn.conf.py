"""How gunicorn serves Portico; the numbers come from the environment."""

from typing import Any

from gunicorn.glogging import Logger

from app.settings import load_settings
from app.web.logs import without_secrets

_settings = load_settings()

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
    """A set-up link's path holds its token."""

    def atoms(self, *request: Any) -> dict[str, Any]:
        return without_secrets(None, "", super().atoms(*request))


access_log_format = '{"access": "%(m)s %(U)s", "status": %(s)s, "milliseconds": %(M)s}'
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
