"""Reads the changes of all users of a connection's directory: whom it disabled or deleted is signed out here.

Each page is a unit of work together with how far it leads, so that a worker that dies loses nothing.
"""

import time
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import structlog

from app.connections import connection_config
from app.connections.connection_config import ConnectionConfig
from app.core.database import now, release_connection
from app.core.encryption import DecryptionError
from app.core.tasks import task
from app.core.unit_of_work import unit_of_work
from app.entra.errors import MicrosoftError, OAuthError, ServiceUnavailable
from app.entra.user_delta import ResyncRequired, UserPage
from app.login.microsoft.redirect.flow import with_credential
from app.microsoft_clients import microsoft
from app.provisioning.leavers import actions, queries
from app.provisioning.leavers.rules import interval

MOST_PAGES = 100
"""Of one run. What is left follows a minute later."""
MOST_SECONDS = 45.0
"""Of one run."""
AFTER_REFUSAL = timedelta(hours=1)
"""Until Microsoft is asked again after it refused: an admin has to do something first."""
CHECK_SECONDS = 5.0
"""How long the page waits for a first answer."""

log = structlog.get_logger(__name__)


class Problem(StrEnum):
    """Why Microsoft refused, for the page."""

    PERMISSION = "permission"
    """The application permission or its admin consent is missing."""
    CREDENTIAL = "credential"
    """The application got no token: its credential or the application itself was refused."""


def enqueue_due() -> None:
    moment = now()
    for company_id, connection_id in queries.due_readings(moment):
        with unit_of_work():
            if actions.claim_reading(connection_id, moment):
                read_users.enqueue(company_id=str(company_id), connection_id=str(connection_id))


@task(retries=0, retry_seconds=0)
def read_users(company_id: str, connection_id: str) -> None:
    """One run; what it can't read, the next one does."""
    read(UUID(company_id), UUID(connection_id), within=MOST_SECONDS, most_pages=MOST_PAGES)


def read(company_id: UUID, connection_id: UUID, *, within: float, most_pages: int) -> None:
    """Reads up to so many pages, as far as the time allows, and stores what Microsoft said."""
    connection = connection_config.by_id(company_id, connection_id)
    if connection is None or not connection.is_enabled or queries.reading(company_id, connection_id) is None:
        return
    release_connection()
    try:
        _read(connection, time.monotonic() + within, most_pages)
    except ServiceUnavailable as error:
        if error.retry_after:
            _store(connection_id, next_read_at=now() + timedelta(seconds=error.retry_after))
        log.warning("users_not_read", what=str(error))
    except _Refused as refused:
        _store(connection_id, problem=refused.problem, next_read_at=now() + AFTER_REFUSAL)
        log.warning("users_not_read", problem=refused.problem.value, codes=list(refused.codes))
    except MicrosoftError as error:
        log.warning("users_not_read", kind=type(error).__name__, what=str(error))


class _Refused(Exception):
    def __init__(self, problem: Problem, codes: tuple[int, ...] = ()) -> None:
        super().__init__(problem)
        self.problem, self.codes = problem, codes


def _read(connection: ConnectionConfig, ends_at: float, most_pages: int) -> None:
    """Raises _Refused and MicrosoftError."""
    token = _token(connection)
    for _number in range(most_pages):
        left = ends_at - time.monotonic()
        if left <= 0:
            break
        reading = queries.reading(connection.company_id, connection.id)
        if reading is None:
            return
        link = reading.link
        release_connection()
        page = _page(token, link, left)
        if page is None and link:
            _store(connection.id, link=None)
            continue
        if page is None:
            return
        with unit_of_work():
            actions.end_listed(connection, page.gone)
            done = {"read_at": now(), "next_read_at": now() + interval()} if page.is_last else {}
            actions.store_reading(connection.id, link=page.link, problem=None, **done)
        if page.is_last:
            return
    _store(connection.id, next_read_at=now())


def _token(connection: ConnectionConfig) -> str:
    client, resource = microsoft().token_client, microsoft().cloud.graph_resource
    if not connection.credentials:
        raise _Refused(Problem.CREDENTIAL)
    try:
        return with_credential(connection, lambda one: client.for_application(one, resource)).access_token
    except OAuthError as error:
        raise _Refused(Problem.CREDENTIAL, error.codes) from None
    except DecryptionError:
        raise _Refused(Problem.CREDENTIAL) from None


def _page(token: str, link: str | None, within: float) -> UserPage | None:
    """None if everything has to be read again."""
    try:
        return microsoft().user_delta.page(token, link, within=within)
    except ResyncRequired:
        log.info("user_changes_are_read_again")
        return None
    except OAuthError:
        raise _Refused(Problem.PERMISSION) from None


def _store(connection_id: UUID, **values: object) -> None:
    with unit_of_work():
        actions.store_reading(connection_id, **values)
