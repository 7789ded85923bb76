"""MSAL: a token request is always sent.

MSAL repeats an error of the token endpoint from memory: a 400 for 60 seconds, a 429 or 5xx for as long as Retry-After
says. So a credential that an admin has just corrected at Microsoft looks rejected for another minute, and one request's
429 stops all others of the application.
"""

from collections.abc import Iterator, MutableMapping
from typing import Any


class UnthrottledHttpCache(MutableMapping[str, Any]):
    """MSAL's HTTP cache, for the responses to GET alone: those of discovery."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        return self._kept[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if not key.startswith("POST "):
            self._kept[key] = value

    def __delitem__(self, key: str) -> None:
        del self._kept[key]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._kept))

    def __len__(self) -> int:
        return len(self._kept)
