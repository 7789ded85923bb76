"""Concurrent requests."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from werkzeug.test import TestResponse

from tests.browser import Browser

MANY = 20


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """The return value of each function. None begins before all are ready."""
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        ready.wait(60)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def posts(browsers: Sequence[Browser], path: str, *, page: str = "", **fields: str) -> list[TestResponse]:
    """Sends the same form from all of these browsers at once."""
    tokens = [browser.csrf(page or path) for browser in browsers]

    def act(browser: Browser, token: str) -> Callable[[], TestResponse]:
        return lambda: browser.post(path, data={"csrf_token": token, **fields})

    responses: list[TestResponse] = at_once([act(*one) for one in zip(browsers, tokens, strict=True)])
    return responses
