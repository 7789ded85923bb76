"""Logs: a line of JSON an event, with the request's id, and never a secret at any level."""

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
# The guard behind all care: what looks like a token, a code or a credential is struck out wherever it stands.
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
"""Where gunicorn.conf.py finds whose request it was."""
RULE = "portico.rule"
"""And what it asked for: the rule of app/urls.py, such as `/login/<code>`. What fills a rule in is never logged, since
it may be a key: so no address, however new, can leak one."""
NO_RULE = "(no such address)"
STATIC_RULE = "/static/<file>"
# Loggers of others that name what was asked for, with its query, when a request breaks or can't be read.
TELLS_ADDRESSES = ("gunicorn.error", "app", "werkzeug")
ADDRESS = re.compile(r"(?<![^\s'\"(])/[^\s'\"]*")
# MSAL prints codes and PKCE verifiers at DEBUG, identity whole exceptions; what they know is told by our own errors.
KEPT_QUIET = ("msal", "identity", "urllib3", "requests", "huey", "alembic")


def configure(settings: Settings) -> None:
    """Sets up logging for the process: JSON lines, or plain ones with the sandbox."""
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
        # What is not wanted at this level is dropped before anything is put together for it.
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
            # A worker says when the queue is gone; of tasks that fail our own line tells.
            "loggers": {name: {"level": "CRITICAL"} for name in KEPT_QUIET}
            | {"huey.consumer": {"level": "ERROR"}}
            | {name: {"filters": ["without_addresses"]} for name in TELLS_ADDRESSES},
        }
    )


class WithoutAddresses(logging.Filter):
    """Others' lines about a request, such as that it broke, without its path and query."""

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
    """Says whose request or task this is, as soon as that is known: all its log lines and its access line tell."""
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
