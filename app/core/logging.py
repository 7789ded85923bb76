"""Logs: one JSON line per event, with the request id, and never a secret at any level."""

import logging
import logging.config
import re
import secrets
from typing import Any
from uuid import UUID

import structlog
from flask import Flask, Response, g, has_request_context, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from app.settings import Settings

REQUEST_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
# A last safeguard: anything that looks like a token, code or credential is redacted.
SECRETS = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]*\.?[\w-]*"
    r"|(?<=Bearer )\S+"
    r"|(?<=[?&]key=)[^&\s\"']+|(?:(?<=/setup/)|(?<=/invitation/)|(?<=/confirm/))[\w-]+"
    r"|(?<![\w-])(?:code|code_verifier|client_secret|client_assertion|access_token|id_token|refresh_token|password)"
    r"(?:\"|')?\s*[=:]\s*(?:\"|')?[^\s\"'&,}]+",
    re.IGNORECASE,
)
SECRET_NAMES = frozenset(
    ("code_verifier", "client_secret", "client_assertion", "access_token", "id_token", "refresh_token", "password")
)
STRUCK_OUT = "[removed]"
COMPANY = "portico.company"
"""The WSGI environ key of the request's company, for gunicorn.conf.py."""
RULE = "portico.rule"
"""The WSGI environ key of the matched rule in app/urls.py, such as `/login/<code>`. The values in a rule are never
logged, since one may be a key, so no new URL can leak one.
"""
NO_RULE = "(no such address)"
STATIC_RULE = "/static/<file>"
# Third-party loggers that name the requested URL with its query when a request fails or can't be parsed.
TELLS_ADDRESSES = ("gunicorn.error", "app", "werkzeug")
ADDRESS = re.compile(r"(?<![^\s'\"(])/[^\s'\"]*")
# MSAL logs codes and PKCE verifiers at DEBUG, identity whole exceptions; our own errors report what matters.
KEPT_QUIET = ("msal", "identity", "urllib3", "requests", "huey", "alembic")


def configure(settings: Settings) -> None:
    """Configures logging for the process: JSON lines, or plain ones with the sandbox."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last = (
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        if settings.sandbox_origin
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        # Events below the level are dropped before they are formatted.
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, without_secrets, last],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"without_addresses": {"()": WithoutAddresses}},
            "formatters": {"line": formatter},
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["out"], "level": settings.log_level},
            # A worker reports when the queue is gone; our own code reports failed tasks.
            "loggers": {name: {"level": "CRITICAL"} for name in KEPT_QUIET}
            | {"huey.consumer": {"level": "ERROR"}}
            | {name: {"filters": ["without_addresses"]} for name in TELLS_ADDRESSES},
        }
    )


class WithoutAddresses(logging.Filter):
    """Removes path and query from third-party lines about a request, such as that it failed."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                ADDRESS.sub(STRUCK_OUT, str(one)) if isinstance(one, str | Exception) else one for one in record.args
            )
        return True


def without_secrets(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    return {name: _struck_out(name, value) for name, value in event.items()}


def _struck_out(name: str, value: Any) -> Any:
    if name.lower() in SECRET_NAMES and value is not None:
        return STRUCK_OUT
    if isinstance(value, dict):
        return {key: _struck_out(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_struck_out("", item) for item in value]
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return SECRETS.sub(STRUCK_OUT, value) if isinstance(value, str) else value


def init_app(app: Flask) -> None:
    app.before_request_funcs.setdefault(None, []).insert(0, _name_request)
    app.after_request(_tell_request_id)


def name_company(company_id: UUID) -> None:
    """Sets the company of this request or task as soon as it is known: all its log lines and its access line include
    it.
    """
    bind_contextvars(company=str(company_id))
    if has_request_context():
        request.environ[COMPANY] = str(company_id)


def _name_request() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    request.environ[RULE] = request.url_rule.rule if request.url_rule else NO_RULE
    clear_contextvars()
    bind_contextvars(request_id=g.request_id)


def _tell_request_id(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    return response
