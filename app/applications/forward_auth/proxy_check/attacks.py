"""What is tried at an application's proxy. Pure data, and functions over it."""

import re
from dataclasses import dataclass

from app.applications.forward_auth.identity import HEADERS

MARK = "forged-by-portico-check"
"""The value of every forged header."""
NAVIGATION = (("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate"))


@dataclass(frozen=True)
class Attack:
    name: str
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    path: str = "/"


def spelled(separator: str) -> tuple[tuple[str, str], ...]:
    """Every identity header with this character for its hyphens."""
    return tuple((name.replace("-", separator), MARK) for name in HEADERS)


MIXED = tuple((name.replace("-", "_", 1), MARK) for name in HEADERS) + tuple(
    (name.lower().replace("-", ".", 1), MARK) for name in HEADERS
)
"""CGI variables (WSGI, PHP) can't tell these from the right ones, either."""
FORGED = (*spelled("-"), *spelled("_"), *spelled("."), *MIXED)


def attacks(client_id: str) -> tuple[Attack, ...]:
    """Requests of someone who is not signed in. None may reach the application."""
    own = f"/.portico/{client_id}"
    return (
        Attack("forged identity headers", spelled("-")),
        Attack("forged identity headers with underscores", spelled("_")),
        Attack("forged identity headers with dots", spelled(".")),
        Attack("forged identity headers, mixed", MIXED),
        Attack("a made-up cookie", (("Cookie", f"__Host-portico={'x' * 43}"),)),
        Attack("an Authorization header", (("Authorization", f"Bearer {MARK}"),)),
        Attack("X-Original-URL", (("X-Original-URL", f"{own}/start"), ("X-Rewrite-URL", f"{own}/start"))),
        Attack("X-Forwarded-Uri", (("X-Forwarded-Uri", f"{own}/start"), ("X-Forwarded-Prefix", own))),
        Attack("X-Forwarded-Method", (("X-Forwarded-Method", "OPTIONS"), ("X-HTTP-Method-Override", "OPTIONS"))),
        Attack("X-Forwarded-Host", (("X-Forwarded-Host", "localhost"), ("Forwarded", "for=127.0.0.1;host=localhost"))),
        Attack("X-Forwarded-For", (("X-Forwarded-For", "127.0.0.1"), ("X-Real-IP", "127.0.0.1"))),
        Attack("Connection names a header", (("Connection", "close, X-Portico-Sub, Cookie"),)),
        Attack("a health check’s user agent", (("User-Agent", "kube-probe/1.30"),)),
        Attack("a WebSocket", _websocket()),
        Attack("POST", method="POST"),
        Attack("PUT", method="PUT"),
        Attack("OPTIONS", method="OPTIONS"),
        Attack("PROPFIND", method="PROPFIND"),
        Attack("a path through ours", path=f"{own}/../../"),
        Attack("an encoded path through ours", path=f"{own}/%2e%2e/%2e%2e/"),
        Attack("an encoded slash", path=f"{own}/..%2f..%2f"),
        Attack("a double slash", path="//"),
        Attack("a fragment in the path", path=f"/#{own}/start"),
    )


PREFLIGHT = Attack(
    "a CORS preflight",
    (("Origin", "https://elsewhere.example"), ("Access-Control-Request-Method", "PUT")),
    method="OPTIONS",
)


def forged_names(headers: list[tuple[str, str]]) -> list[str]:
    """Those that an application may take for ours although a visitor sent them."""
    return sorted({name for name, value in headers if value == MARK and _as_variable(name).startswith("X_PORTICO_")})


def _as_variable(name: str) -> str:
    """The name of the CGI variable, without HTTP_."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def _websocket() -> tuple[tuple[str, str], ...]:
    return (
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    )
