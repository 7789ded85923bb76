"""JSON in requests. Anything malformed is a 400; a body that is too large was refused before, with 413."""

from typing import Any

from flask import Flask, abort, request
from flask.json.provider import DefaultJSONProvider

from app.core import strict_json


class StrictProvider(DefaultJSONProvider):
    """Makes `request.get_json`, and the session cookie, use the strict reader as well."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return strict_json.read(s)


def init_app(app: Flask) -> None:
    app.json = StrictProvider(app)


def body_object() -> dict[str, Any]:
    """The JSON object in the request's body."""
    value = request.get_json()
    if not isinstance(value, dict):
        abort(400)
    return value
