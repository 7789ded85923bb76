"""Built assets: looked up by name, served under hashed names that never change."""

import re
from typing import Any

from flask import Flask
from whitenoise import WhiteNoise

from app.core import strict_json
from app.settings import ROOT

DIST = ROOT / "static" / "dist"
HASHED = re.compile(r"\.[0-9a-zA-Z]{8,}\.\w+$")


def init_app(app: Flask) -> None:
    """Raises FileNotFoundError, with the command to run, if the assets were not built."""
    try:
        names: dict[str, str] = strict_json.read_object((DIST / "manifest.json").read_text())
    except FileNotFoundError:
        raise FileNotFoundError("static/dist is missing; run `make install`") from None

    def asset(name: str) -> str:
        return f"/static/{names[name]}"

    app.jinja_env.filters["asset"] = asset
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(DIST),
        prefix="static/",
        max_age=3600,
        immutable_file_test=lambda _path, url: bool(HASHED.search(url)),
        add_headers_function=_harden,
    )


def _harden(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
