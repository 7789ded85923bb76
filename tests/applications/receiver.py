"""The back-channel endpoint of an application that no one here wrote: a server on loopback, which verifies each logout
token with joserfc and the keys that Portico publishes.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from tests.applications.client import Client
from tests.listener import listening

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass
class Receiver:
    port: int = 0
    statuses: list[int] = field(default_factory=list)
    """Those of the next responses; without any, 200."""
    tokens: list[str] = field(default_factory=list)
    arrived_at: list[int] = field(default_factory=list)
    """When each token did."""
    content_types: list[str | None] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    body: str = ""
    """Of each response."""
    behavior: str = ""
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the test ends, so that no request hangs any longer."""

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    @property
    def uri(self) -> str:
        return f"http://{self.host}/backchannel"

    def claims(self, client: Client) -> list[dict[str, Any]]:
        """The verified claims of what arrived, in its order."""
        keys = KeySet.import_key_set(client.machine().get("/oauth/jwks").get_json())
        return [_verified(*one, keys, client) for one in zip(self.tokens, self.arrived_at, strict=True)]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length", 0))
        form = parse_qs(handler.rfile.read(length).decode())
        self.paths.append(handler.path)
        self.content_types.append(handler.headers.get("Content-Type"))
        for token in form.get("logout_token", []):
            self.tokens.append(token)
            self.arrived_at.append(int(time.time()))
        status = self.statuses.pop(0) if self.statuses else 200
        if self.behavior == "silent":
            self.over.wait(30)
        elif self.behavior == "dripping":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not self.over.wait(0.05):
                handler.wfile.write(b"7")
        elif self.behavior == "endless":
            handler.send_response(200)
            handler.end_headers()
            while not self.over.is_set():
                handler.wfile.write(b"7" * 65536)
        else:
            handler.send_response(status)
            if status in (301, 302, 307, 308):
                handler.send_header("Location", f"http://{self.host}/elsewhere")
            handler.send_header("Content-Length", str(len(self.body)))
            handler.end_headers()
            handler.wfile.write(self.body.encode())


def _verified(token: str, arrived_at: int, keys: KeySet, client: Client) -> dict[str, Any]:
    decoded = jwt.decode(token, keys, algorithms=["RS256", "ES256"])
    assert decoded.header["typ"] == "logout+jwt"
    wanted = {
        "iss": {"essential": True, "value": client.app.config["BASE_URL"]},
        "aud": {"essential": True, "value": client.client_id},
        "iat": {"essential": True},
        "exp": {"essential": True},
        "jti": {"essential": True},
        "events": {"essential": True, "value": {EVENT: {}}},
    }
    JWTClaimsRegistry(now=arrived_at, **wanted).validate(decoded.claims)  # type: ignore[arg-type]
    return decoded.claims


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    with listening(receiver.answer, receiver.over) as receiver.port:
        yield receiver
