"""What each purpose of a login transaction does when the transaction comes back.

Packages register their purposes, so that the way of a sign-in knows none of them: not the consent page, not the test of
a connection.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from app.connections.connection_config import ConnectionConfig
from app.login.browser_binding import login_url
from app.login.microsoft.identity import Answer
from app.login.result import AuthResult
from app.login.transaction import LoginTransaction, Purpose


def retry_at_login_page(transaction: LoginTransaction) -> str:
    return login_url(transaction.code, transaction.next)


@dataclass(frozen=True)
class PurposeHandler:
    """Both functions return the path to redirect to, and raise SignInRefused."""

    answered: Callable[[ConnectionConfig, LoginTransaction, Answer], str] | None = None
    """Continues with Microsoft's answer; outside of a unit of work."""
    authenticated: Callable[[AuthResult, LoginTransaction], str] | None = None
    """Continues when a person has passed the second step here; inside a unit of work."""
    for_drafts: bool = False
    """Whether it also works at a connection that is not active."""
    retry_url: Callable[[LoginTransaction], str] = retry_at_login_page
    """Where a refused person can start again."""


def register(app: Flask, purpose: Purpose, handler: PurposeHandler) -> None:
    app.extensions.setdefault("login_purposes", {})[purpose] = handler


def handler_of(transaction: LoginTransaction) -> PurposeHandler:
    handlers: dict[str, PurposeHandler] = current_app.extensions["login_purposes"]
    return handlers[transaction.purpose]
