"""Which hosts can be Dataverse environments: Microsoft's own, those the operator configured, and never a private one.

https://learn.microsoft.com/power-platform/admin/new-datacenter-regions and, for the national clouds,
https://learn.microsoft.com/power-platform/admin/microsoft-dynamics-365-government.
"""

import ipaddress
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

MICROSOFTS = (".dynamics.com", ".dynamics.cn", ".microsoftdynamics.us", ".appsplatform.us")
HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
NAT64 = ipaddress.ip_network("64:ff9b::/96")

Resolve = Callable[[str], list[str]]


class InvalidEnvironment(ValueError):
    """A URL that no connection may use; `reason` is a stable name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def addresses_of(host: str) -> list[str]:
    """The host's present IP addresses. Raises OSError."""
    found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True)
class DataverseHosts:
    """The hosts that a connection may use. `further` are the operator's, each with its port if it has one."""

    further: frozenset[str] = frozenset()
    resolve: Resolve = addresses_of

    def admit(self, text: str) -> str:
        """The environment's origin, from what a person entered. Resolves its name.

        Raises InvalidEnvironment.
        """
        origin, host, netloc = _parts(text)
        if netloc in self.further:
            return origin
        if not self._is_microsofts(host) or netloc != host:
            raise InvalidEnvironment("host")
        try:
            found = self.resolve(host)
        except (OSError, UnicodeError):
            raise InvalidEnvironment("unknown_host") from None
        if not found or not all(is_public(address) for address in found):
            raise InvalidEnvironment("private")
        return origin

    def knows(self, netloc: str) -> bool:
        """Whether requests may go there at all. Its IP address is checked when it is connected to."""
        return self.is_the_operators(netloc) or self._is_microsofts(netloc)

    def is_the_operators(self, netloc: str) -> bool:
        """Whether it may be private, because the operator configured it."""
        return netloc in self.further

    def _is_microsofts(self, host: str) -> bool:
        return host.endswith(MICROSOFTS) and HOST.fullmatch(host) is not None


MICROSOFTS_ALONE = DataverseHosts()


def _parts(text: str) -> tuple[str, str, str]:
    """Origin, host name, and host with port. Raises InvalidEnvironment."""
    if any(sign in text for sign in "\\\t\r\n ") or not text.isascii():
        raise InvalidEnvironment("malformed")
    try:
        parts = urlsplit(text if "//" in text else f"https://{text}")
        port = parts.port
    except ValueError:
        raise InvalidEnvironment("malformed") from None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https":
        raise InvalidEnvironment("scheme")
    if "@" in parts.netloc:
        raise InvalidEnvironment("userinfo")
    if _is_address(host):
        raise InvalidEnvironment("private" if not is_public(host) else "host")
    if not HOST.fullmatch(host):
        raise InvalidEnvironment("malformed")
    netloc = host if port in (None, 443) else f"{host}:{port}"
    return f"https://{netloc}", host, netloc


def _is_address(host: str) -> bool:
    """Also recognizes the unusual notations that operating systems accept: 127.1, 0x7f000001, 2130706433."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*", host) is not None
    return True


def is_public(address: str) -> bool:
    """Whether an IP address is globally routable, also if it is embedded in another."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if found in NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast and not found.is_reserved
