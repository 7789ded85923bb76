"""The sandbox's sign-in sessions: a cookie per tenant, as silent sign-in needs it."""

from flask import Response, g, request

from sandbox.grants import SESSION_LIFE, Session
from sandbox.state import sandbox


def _cookie(tid: str) -> str:
    # Cookies ignore ports: the name must not collide with one of the application next to the sandbox.
    return f"sandbox_directory_{tid}"


def current_session(tid: str) -> Session | None:
    """This browser's session in that tenant, if it has one."""
    return sandbox().grants.session(request.cookies.get(_cookie(tid), ""), tid)


def begin_session(tid: str, oid: str) -> Session:
    """Signs the person in; the cookie is sent with the response."""
    end_session(tid)
    value, session = sandbox().grants.start_session(tid, oid)
    g.session_cookies = {_cookie(tid): value}
    return session


def end_session(tid: str) -> None:
    """Ends this browser's session in that tenant."""
    if value := request.cookies.get(_cookie(tid)):
        sandbox().grants.end_session(value)
        g.session_cookies = {_cookie(tid): ""}


def write_cookies(response: Response) -> Response:
    """Runs after each request."""
    secure = sandbox().addresses.browser.startswith("https:")
    for name, value in g.get("session_cookies", {}).items():
        life = SESSION_LIFE if value else 0
        response.set_cookie(name, value, max_age=life, secure=secure, httponly=True, samesite="Lax")
    return response
