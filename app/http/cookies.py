"""The browser's cookies: HttpOnly and host-only, which over HTTPS their prefix makes browsers enforce."""

from flask import current_app, request
from werkzeug.wrappers import Response


def host_cookie(name: str, *, secure: bool) -> str:
    """The cookie's name. With this prefix browsers accept it only from this host, over HTTPS, and for all paths."""
    return f"__Host-{name}" if secure else name


def read_cookie(name: str) -> str:
    return request.cookies.get(host_cookie(name, secure=current_app.config["SESSION_COOKIE_SECURE"]), "")


def delete_cookie(response: Response, name: str) -> None:
    secure: bool = current_app.config["SESSION_COOKIE_SECURE"]
    response.delete_cookie(host_cookie(name, secure=secure), secure=secure, httponly=True, samesite="Lax", path="/")


def set_cookie(response: Response, name: str, value: str, *, max_age: int | None) -> None:
    """`max_age` is in seconds; None for a cookie that ends with the browser."""
    secure: bool = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(
        host_cookie(name, secure=secure), value, max_age=max_age, secure=secure, httponly=True, samesite="Lax", path="/"
    )
