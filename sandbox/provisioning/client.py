"""The service's requests to a SCIM endpoint: its URL and headers, and what it does when there is no good answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from sandbox.provisioning.authentication import AccessTokens, Refused

TRIES = 8
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.25, 10.0
TIMEOUT_SECONDS = 30
PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
TRY_AGAIN = (429, 500, 502, 503, 504)


class Failed(Exception):
    """A request that got no good answer. The object is tried again in the next cycle."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status


@dataclass
class ScimClient:
    """`url` is the tenant URL that an admin entered, with Entra's flag in its query or without."""

    url: str
    token: str | AccessTokens
    """The secret token that an admin entered, or what gets access tokens instead."""
    before_request: Callable[[], None] = lambda: None
    wait: Callable[[float], None] = time.sleep
    sent: int = 0
    """The number of requests, repeated ones included."""
    _session: requests.Session = field(default_factory=requests.Session)

    @property
    def follows_standard(self) -> bool:
        """Whether the URL has the flag `aadOptscim062020`."""
        return "aadoptscim062020" in urlsplit(self.url).query.lower()

    def find(self, kind: str, attribute: str, value: str, *, without: str = "") -> list[dict[str, Any]]:
        """The resources whose attribute has this value. Raises Failed."""
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        condition = quote(f'{attribute} eq "{escaped}"', safe="")
        query = f"filter={condition}"
        if without:
            query = f"excludedAttributes={without}&{query}"
        resources: list[dict[str, Any]] = self.send("GET", kind, query=query)["Resources"]
        return resources

    def patch(self, path: str, operations: list[dict[str, Any]]) -> None:
        """Raises Failed."""
        self.send("PATCH", path, {"schemas": [PATCH_SCHEMA], "Operations": operations})

    def send(self, method: str, path: str, body: Any = None, *, query: str = "") -> dict[str, Any]:
        """The body of the answer. Waits and tries again after 429 and 5xx, and if the connection breaks. Raises
        Failed.
        """
        pause, failed = FIRST_WAIT_SECONDS, Failed(0, "no answer")
        for _ in range(TRIES):
            try:
                response = self._request(method, path, body, query)
            except requests.RequestException as error:
                failed, wanted = Failed(0, type(error).__name__), pause
            except Refused as error:
                failed, wanted = Failed(error.status, str(error)), pause
                if error.status not in TRY_AGAIN:
                    raise failed from None
            else:
                if response.ok:
                    answer: dict[str, Any] = response.json() if response.content else {}
                    return answer
                failed = Failed(response.status_code, response.text[:200])
                if response.status_code not in TRY_AGAIN:
                    raise failed
                wanted = _retry_after(response) or pause
            self.wait(min(wanted, LONGEST_WAIT_SECONDS))
            pause *= 2
        raise failed

    def _request(self, method: str, path: str, body: Any, query: str) -> requests.Response:
        """With a new access token if the one that the client has isn't accepted any longer."""
        response = self._send(method, path, body, query)
        if response.status_code == 401 and isinstance(self.token, AccessTokens):
            self.token.forget()
            response = self._send(method, path, body, query)
        return response

    def _send(self, method: str, path: str, body: Any, query: str) -> requests.Response:
        token = self.token if isinstance(self.token, str) else self.token.current()
        self.sent += 1
        self.before_request()
        parts = urlsplit(self.url)
        queries = "&".join(part for part in (query, parts.query) if part)
        address = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/{path}"
        return self._session.request(
            method,
            f"{address}?{queries}" if queries else address,
            json=body,
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/scim+json",
                # The service sends none.
                "User-Agent": "",
                **({"Content-Type": "application/scim+json; charset=utf-8"} if body is not None else {}),
            },
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )


def _retry_after(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None
