"""The sandbox directory, started as a process and used over HTTP in place of Microsoft."""

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.ports import free_port

START_SECONDS = 60


@dataclass(frozen=True)
class Account:
    """A person in the directory."""

    tid: str
    oid: str


# From the directory's seed.
CONTOSO = "11111111-1111-4111-8111-111111111111"
CONTOSO_CLIENT = "22222222-2222-4222-8222-222222222222"
CONTOSO_SECRET = "contoso-sandbox-secret-value"
FABRIKAM = "33333333-3333-4333-8333-333333333333"
FABRIKAM_CLIENT = "44444444-4444-4444-8444-444444444444"
FABRIKAM_SECRET = "fabrikam-sandbox-secret-value"


@dataclass
class Directory:
    """A running sandbox and its control API."""

    port: int
    process: subprocess.Popen[bytes]
    http: requests.Session = field(default_factory=requests.Session)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        response = self.http.request(method, f"{self.origin}/sandbox/api/{path}", json=body, timeout=10)
        response.raise_for_status()
        return response.json() if response.content else None

    def reset(self) -> None:
        self.call("PUT", "reset")

    def register(
        self, tenant: str, client_id: str, *, web: list[str] | None = None, spa: list[str] | None = None
    ) -> None:
        """Registers redirect URIs, as an admin would at Microsoft."""
        self.call(
            "PUT", f"tenants/{tenant}/applications/{client_id}", {"redirect_uris": {"web": web or [], "spa": spa or []}}
        )

    def application(self, tenant: str, client_id: str, **values: Any) -> None:
        self.call("PUT", f"tenants/{tenant}/applications/{client_id}", values)

    def person(self, tenant: str, oid: str, **values: Any) -> Account:
        self.call("PUT", f"tenants/{tenant}/people/{oid}", values)
        return Account(tenant, oid)

    def drill(self, name: str, **parameters: Any) -> None:
        """Simulates a fault until the test ends."""
        self.call("PUT", "drills", {"name": name, **parameters})

    def clear_drills(self) -> None:
        """Stops all drills."""
        self.call("DELETE", "drills")

    def rotate_keys(self, tenant: str, *, keep_old: bool = False) -> None:
        self.call("POST", f"tenants/{tenant}/keys/rotate", {"keep_old": keep_old})

    def requests(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The requests to the directory since it was reset or `forget_requests`."""
        found: list[dict[str, Any]] = self.call("GET", "requests")["requests"]
        return [entry for entry in found if kind in (None, entry["kind"])]

    def forget_requests(self) -> None:
        self.call("DELETE", "requests")


def start_directory() -> Directory:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", str(port)],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    directory = Directory(port, process)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            directory.call("GET", "drills")
            return directory
        except (requests.ConnectionError, requests.Timeout):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the sandbox directory did not start") from None
            time.sleep(0.05)
