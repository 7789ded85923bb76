"""Where a request came from."""

from dataclasses import dataclass

from flask import request


@dataclass(frozen=True)
class Caller:
    ip_address: str | None
    user_agent: str


def this_caller() -> Caller:
    return Caller(request.remote_addr, request.headers.get("User-Agent", ""))
