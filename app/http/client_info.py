"""Where a request came from. `forwarding.py` has normalized its address before."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from flask import request

from app.core.text import sanitize

LONGEST_USER_AGENT = 500
PROVIDERS_SHARE = 64
"""Bits of an IPv6 address that identify a customer's network; within it a client can use any number of addresses."""


@dataclass(frozen=True)
class ClientInfo:
    ip_address: str | None
    user_agent: str


def current_client() -> ClientInfo:
    return ClientInfo(request.remote_addr, sanitize(request.headers.get("User-Agent"), LONGEST_USER_AGENT))


def this_network() -> str:
    """What limits count by: an IPv4 address, or the /64 of an IPv6 one."""
    return network_of(request.remote_addr)


def network_of(address: str | None) -> str:
    try:
        found = ip_address(address or "127.0.0.1")
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address) and not found.ipv4_mapped:
        return str(ip_network((int(found), PROVIDERS_SHARE), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)
