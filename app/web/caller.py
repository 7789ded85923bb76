"""Where a request came from."""

from dataclasses import dataclass

from flask import request

from app.text import sanitize

LONGEST_USER_AGENT = 500


@dataclass(frozen=True)
class Caller:
    ip_address: str | None
    user_agent: str


def this_caller() -> Caller:
    return Caller(request.remote_addr, sanitize(request.headers.get("User-Agent"), LONGEST_USER_AGENT))
