"""The guards around MSAL: what it sends goes through our client, and it keeps and throttles nothing between people."""

import json
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import msal

from app.entra.errors import InvalidResponse, MicrosoftError, ServiceUnavailable
from app.entra.http_client import Answer, Http, retry_after


class MsalHttpAdapter:
    """The HTTP client that MSAL is given."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def get(self, url: str, params: Any = None, headers: Any = None, **_options: Any) -> Answer:
        return self._http.get(url, params, headers)

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_options: Any) -> Answer:
        """Raises, where MSAL would throttle others or stumble: Unreachable on 429 and 5xx, BrokenAnswer on nonsense."""
        answer = self._http.post(url, params, data, headers)
        if answer.status_code == 429 or answer.status_code >= 500:
            raise ServiceUnavailable(f"the token endpoint answered {answer.status_code}", retry_after(answer.headers))
        content = answer.json_object()
        if answer.status_code == 200:
            content = self.taken_over(content)
        elif not isinstance(content.get("error"), str):
            raise InvalidResponse("an error answer without an error")
        return Answer(answer.status_code, json.dumps(content), answer.headers)

    def taken_over(self, content: dict[str, Any]) -> dict[str, Any]:
        """What MSAL is shown of a token answer. Raises BrokenAnswer."""
        raise NotImplementedError

    def close(self) -> None:
        """MSAL may ask for it; the pool is the process's."""


class NullTokenCache(msal.TokenCache):
    """Tokens of one person must not be found by another."""

    def add(self, event: Any, now: Any = None) -> None:
        pass


class UnthrottledHttpCache(MutableMapping[str, Any]):
    """MSAL's HTTP cache without its throttling: its keys tell no people apart, so one person's 429 would stop all."""

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


@contextmanager
def translate_msal_errors() -> Iterator[None]:
    """Turns what MSAL and identity may raise into BrokenAnswer, without their texts: those quote codes and nonces."""
    try:
        yield
    except MicrosoftError:
        raise
    except Exception as error:
        raise InvalidResponse(f"MSAL could not use the answer ({type(error).__name__})") from None
