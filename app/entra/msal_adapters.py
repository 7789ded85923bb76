"""Adapters around MSAL: it sends requests through our client."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.entra.errors import InvalidResponse, MicrosoftError, ServiceUnavailable
from app.entra.http_client import Answer, Http, retry_after


class MsalHttpAdapter:
    """The HTTP client that MSAL uses."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def get(self, url: str, params: Any = None, headers: Any = None, **_options: Any) -> Answer:
        return self._http.get(url, params, headers)

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_options: Any) -> Answer:
        """Raises ServiceUnavailable on 429 and 5xx, where MSAL would throttle other people, and InvalidResponse on
        malformed responses.
        """
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
        """The part of a token response that MSAL sees. Raises InvalidResponse."""
        raise NotImplementedError

    def close(self) -> None:
        """Does nothing: the pool belongs to the process."""


@contextmanager
def translate_msal_errors() -> Iterator[None]:
    """Turns exceptions of MSAL and identity into InvalidResponse, without their messages, which quote codes and
    nonces.
    """
    try:
        yield
    except MicrosoftError:
        raise
    except Exception as error:
        raise InvalidResponse(f"MSAL could not use the answer ({type(error).__name__})") from None
