"""JSON that a request brings. Whatever is wrong with it is a 400; what is too large was refused before, with 413."""

from typing import Any

from flask import Flask, abort, request
from flask.json.provider import DefaultJSONProvider

from app import strict_json
from app.strict_json import InvalidJson


class StrictProvider(DefaultJSONProvider):
    """So that `request.get_json`, and the session cookie, go through the one reader as well."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return strict_json.read(s)


def init_app(app: Flask) -> None:
    app.json = StrictProvider(app)


def body_object() -> dict[str, Any]:
    """The object that is the request's body."""
    value = request.get_json()
    if not isinstance(value, dict):
        abort(400)
    return value


def field_object(name: str) -> dict[str, Any] | None:
    """The object that a form's field holds; None when the field is empty."""
    text = request.form.get(name, "")
    try:
        return strict_json.read_object(text) if text else None
    except InvalidJson:
        abort(400)
