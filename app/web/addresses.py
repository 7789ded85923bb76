"""Addresses of our own pages, built quickly: a page names a dozen, and werkzeug's builder is slow."""

import re
from collections.abc import Callable
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, has_request_context

PLACE = re.compile(r"<(?:uuid:)?(\w+)>")
SAFE_IN_PATH = "!$&'()*+,/:;=@"
SAFE_IN_QUERY = "!$'()*,/:;?@"


class Portico(Flask):
    """Flask, with a short way to the addresses that make up nearly all: relative ones of a route."""

    def url_for(self, endpoint: str, /, **values: Any) -> str:  # type: ignore[override] # the special ones go the long way
        # Flask's function of the same name hands over all of its special ones, used or not.
        values = {name: value for name, value in values.items() if value is not None}
        pieces = self._pieces.get(endpoint)
        if pieces is None or not has_request_context() or any(name.startswith("_") for name in values):
            return super().url_for(endpoint, **values)
        if not values and len(pieces) == 1:
            return pieces[0][1]
        try:
            path = "".join(
                [piece if place % 2 == 0 else quote(str(values.pop(piece)), SAFE_IN_PATH) for place, piece in pieces]
            )
        except KeyError:
            # Says what is missing.
            return super().url_for(endpoint, **values)
        return f"{path}?{urlencode(values, safe=SAFE_IN_QUERY)}" if values else path

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """All of ours are plain functions; Flask would look at each of a dozen again at every request."""
        return func

    @cached_property
    def _pieces(self) -> dict[str, list[tuple[int, str]]]:
        """By endpoint what stands as it is and, at the odd places, the names of what is filled in."""
        rules = list(self.url_map.iter_rules())
        endpoints = [rule.endpoint for rule in rules]
        return {
            rule.endpoint: list(enumerate(PLACE.split(rule.rule)))
            for rule in rules
            if endpoints.count(rule.endpoint) == 1
        }
