"""The cookie with a session's token. Flask's own signed cookie holds what belongs to the browser, signed in or not."""

from flask import Response, after_this_request

from app.http.cookies import delete_cookie, read_cookie, set_cookie
from app.sessions.limits import LONGEST_SESSION, TOKEN

NAME = "session"
"""Without the prefix that `cookies.host_cookie` adds."""


def token() -> str | None:
    """The token that this request presents; None if it has none, or one that was never ours."""
    found = read_cookie(NAME)
    return found if TOKEN.fullmatch(found) else None


def keep(new_token: str) -> None:
    """This browser is signed in from the response of this request on."""

    def set_token(response: Response) -> Response:
        set_cookie(response, NAME, new_token, max_age=int(LONGEST_SESSION.total_seconds()))
        return response

    after_this_request(set_token)


def forget() -> None:
    """This browser is signed in no longer."""

    def delete_token(response: Response) -> Response:
        delete_cookie(response, NAME)
        return response

    after_this_request(delete_token)
