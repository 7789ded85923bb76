"""Links that carry a key: invitations, confirmations, resets, recovery, account linking and setup.

Such a link is `…?key=<key>`. The first request exchanges the key: the response keeps it encrypted in a cookie of its
own and redirects to the same URL with a name in its place, from which the key can't be computed. So the key is in no
access log, browser history, bookmark or Referer, and the page works without JavaScript. The exchange consumes nothing:
mail scanners follow links, too. A route with a `link` in app/urls.py is answered this way before anything else.
"""

import hashlib
import time
from dataclasses import dataclass
from typing import Any

from flask import current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from app.core.sealed_state import SealedState

KEY, NAME = "key", "link"
"""The query parameters: in the emailed URL, and in the one it is exchanged for."""
LIFE_SECONDS = 12 * 3600
"""Seconds that a page behind a link may stay open."""
MOST_OPEN = 5
"""Links that one browser may have open; the oldest is dropped, since headers have a size limit."""
LONGEST = 200


@dataclass(frozen=True)
class OpenedLink:
    key: str


LINK = SealedState("one_time_link", OpenedLink, lifetime=LIFE_SECONDS)


def exchange(purpose: str) -> Response | None:
    """The redirect to the URL without the key; None if the request's URL has none."""
    key = request.args.get(KEY)
    if not key or request.endpoint is None:
        return None
    # The rest of the query is dropped: Flask would interpret some names in it as options of `url_for`.
    return to_page(purpose, key, request.endpoint, **(request.view_args or {}))


def to_page(purpose: str, key: str, endpoint: str, **values: Any) -> Response:
    """A redirect to a page behind a link, with the key kept in this browser."""
    key = key[:LONGEST]
    values[NAME] = name_of(key)
    response = redirect(url_for(endpoint, **values), 303)
    # Applies to the following request, too. The pages themselves use the site's policy, which tells other sites
    # nothing: with `no-referrer`, browsers would send their forms without the origin that every POST needs.
    response.headers["Referrer-Policy"] = "no-referrer"
    _keep(response, purpose, key)
    return response


def presented(purpose: str) -> str | None:
    """The key of the link that this browser opened and this request names; None if there is none or it has expired."""
    name = request.args.get(NAME, "")
    cookie = next((one for one in _cookies() if one.endswith(f".{name}")), "") if name else ""
    held = LINK.find(request.cookies.get(cookie), f"{purpose}:{name}")
    return held.key if held else None


def name() -> str | None:
    """The name of the link in the request; forms of the page behind it include it."""
    return request.args.get(NAME)


def name_of(key: str) -> str:
    """Identifies a link in this browser without revealing its key."""
    return hashlib.sha256(f"one-time link {key}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _keep(response: Response, purpose: str, key: str) -> None:
    name, moment = name_of(key), int(time.time())
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    known = sorted(_cookies())
    replaced = [one for one in known if one.endswith(f".{name}")]
    others = [one for one in known if one not in replaced]
    for cookie in replaced + others[: max(0, len(others) - MOST_OPEN + 1)]:
        response.delete_cookie(cookie, secure=secure)
    encrypted = LINK.encrypt(OpenedLink(key), f"{purpose}:{name}")
    cookie = f"{_prefix()}{moment:x}.{name}"
    # Lax: the redirect still belongs to a click in a webmail page, which is another site.
    response.set_cookie(cookie, encrypted, max_age=LIFE_SECONDS, secure=secure, httponly=True, samesite="Lax", path="/")


def _cookies() -> list[str]:
    return [name for name in request.cookies if name.startswith(_prefix())]


def _prefix() -> str:
    # With this prefix browsers let no other host or path set the cookie.
    return "__Host-link." if current_app.config["SESSION_COOKIE_SECURE"] else "link."
