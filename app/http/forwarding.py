"""Normalizes a request's client address and host, below Flask.

An address is kept as an IP address only: proxies send it with a port, in brackets, or as an IPv4-mapped IPv6 address. A
host equal to BASE_URL's is written as there, whatever its case and with or without the default port.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.origins import DEFAULT_PORTS
from app.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def init_app(app: Flask, settings: Settings) -> None:
    """Trusts X-Forwarded-For and X-Forwarded-Proto from this many proxies, by default none."""
    plain = _made_plain(app.wsgi_app, settings)
    hops = settings.trusted_proxies
    trusting = ProxyFix(plain, x_for=hops, x_proto=hops) if hops else plain
    app.wsgi_app = trusting  # type: ignore[method-assign, assignment]


@lru_cache(maxsize=1000)  # the next request is often of the same address
def plain_address(text: str) -> str | None:
    """The IP address of `192.0.2.1:51432`, `[2001:db8::1]:443` and the like; None if there is none."""
    text = text.strip()
    if text.startswith("["):
        host, closed, port = text[1:].partition("]")
        if not closed or (port and not _is_port(port.removeprefix(":"))):
            return None
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
        if not _is_port(port):
            return None
    else:
        host = text
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)


def plain_host(text: str, scheme: str) -> str:
    """The host in lowercase, without the scheme's default port."""
    return text.lower().removesuffix(f":{DEFAULT_PORTS[scheme]}")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) <= 65535


def _made_plain(inner: WSGIApplication, settings: Settings) -> WSGIApplication:
    scheme = "https" if settings.secure else "http"

    def plain(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        address = plain_address(environ.get("REMOTE_ADDR") or "")
        if address is None:
            # The proxy sent no valid address: then the proxy's own is all that is known.
            connected = environ.get("werkzeug.proxy_fix.orig", {}).get("REMOTE_ADDR") or ""
            address = plain_address(connected) or ""
        environ["REMOTE_ADDR"] = address
        host = plain_host(environ.get("HTTP_HOST", ""), scheme)
        if host == settings.host:
            environ["HTTP_HOST"] = host
        return inner(environ, start_response)

    return plain
