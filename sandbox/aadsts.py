"""The errors of Entra ID: the table of AADSTS codes (aadsts.toml), and the JSON error response.

The shape of the JSON: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#error-response-1.
"""

import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Fault:
    """A kind of error: its AADSTS number, OAuth `error`, HTTP status of the JSON form, and texts.

    `redirected`: whether the authorization endpoint redirects it to the application; Entra ID shows the others on a
    page of its own, and the application never receives them.
    """

    code: int
    error: str
    status: int
    message: str
    redirected: bool = False
    suberror: str | None = None
    title: str = "Sorry, we could not sign you in"


def _faults() -> dict[int, Fault]:
    rows = tomllib.loads(Path(__file__).with_name("aadsts.toml").read_text())
    return {int(code): Fault(code=int(code), **row) for code, row in rows.items()}


FAULTS = _faults()


class _Details(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "unspecified"


class Refused(Exception):
    """An Entra ID error. `details` fill the message's placeholders; `redirected` overrides where it is shown."""

    def __init__(self, code: int, *, redirected: bool | None = None, error: str | None = None, **details: str) -> None:
        self.fault = FAULTS[code]
        self.redirected = self.fault.redirected if redirected is None else redirected
        self.error = error or self.fault.error
        self.details = _Details(details)
        self.trace_id = str(uuid.uuid4())
        self.moment = datetime.now(UTC)
        super().__init__(code)

    def fill(self, details: Mapping[str, str]) -> None:
        """Adds values for the message that were unknown where the error was raised."""
        self.details = _Details({**details, **self.details})

    @property
    def message(self) -> str:
        """The message for people, after its AADSTS code."""
        return f"AADSTS{self.fault.code}: {self.fault.message.format_map(self.details)}"

    @property
    def timestamp(self) -> str:
        """The time in Entra ID's format: `2026-11-05 10:00:00Z`."""
        return self.moment.strftime("%Y-%m-%d %H:%M:%SZ")

    def describe(self, correlation_id: str) -> str:
        """The `error_description`."""
        return f"{self.message} Trace ID: {self.trace_id} Correlation ID: {correlation_id} Timestamp: {self.timestamp}"

    def document(self, correlation_id: str, origin: str) -> dict[str, Any]:
        """The JSON response; `origin` is where `error_uri` points."""
        document = {
            "error": self.error,
            "error_description": self.describe(correlation_id),
            "error_codes": [self.fault.code],
            "timestamp": self.timestamp,
            "trace_id": self.trace_id,
            "correlation_id": correlation_id,
            "error_uri": f"{origin}/error?code={self.fault.code}",
        }
        if self.fault.suberror:
            document["suberror"] = self.fault.suberror
        return document
