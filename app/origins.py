"""Origins as browsers write them, so that what an operator set is what a browser sends."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

import idna

DEFAULT_PORTS = {"http": 80, "https": 443}
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
BRACKETED = re.compile(r"\[[^\]]*\](:\d*)?")
"""An IPv6 address with nothing but a port after it; `urlsplit` ignores whatever else is there."""
LONGEST_HOST = 253


def canonical(text: str) -> str:
    """The origin in lower case and ASCII, without the scheme's own port, a trailing dot or a slash.

    Raises ValueError for what is no origin.
    """
    parts = urlsplit(text.strip().rstrip("/"))
    if parts.scheme not in DEFAULT_PORTS or any(sign in parts.netloc for sign in "@\\ \t\r\n"):
        raise ValueError("not an http or https origin")
    if parts.path or parts.query or parts.fragment:
        raise ValueError("more than an origin")
    host, port = _host(parts), parts.port
    if port == 0:
        raise ValueError("no such port")
    return (
        f"{parts.scheme}://{host}" if port in (None, DEFAULT_PORTS[parts.scheme]) else f"{parts.scheme}://{host}:{port}"
    )


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        if not BRACKETED.fullmatch(parts.netloc):
            raise ValueError("not a host name")
        return f"[{IPv6Address(host)}]"
    if not host.isascii():
        try:
            # As browsers do it: https://url.spec.whatwg.org/#idna
            host = idna.encode(host, uts46=True).decode()
        except idna.IDNAError:
            raise ValueError("not a host name") from None
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > LONGEST_HOST or not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError("not a host name")
    # To browsers what ends in a number is an IPv4 address.
    return str(IPv4Address(host)) if labels[-1].isdecimal() else host


def address_and_port(text: str, default_port: int) -> tuple[str, int]:
    """An IP address with a port, as in `192.0.2.1`, `192.0.2.1:5353` or `[2001:db8::1]:53`. Raises ValueError."""
    host, port = text, str(default_port)
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    number = int(port) if port.isascii() and port.isdigit() else 0
    if not 0 < number < 65536:
        raise ValueError(text)
    return str(ip_address(host)), number
