"""Asks Microsoft about the people who are signed in: a refresh token of someone who was disabled is refused."""

import time
from uuid import UUID

import structlog

from app.connections import connection_config
from app.connections.connection_config import ConnectionConfig
from app.core.database import now, release_connection
from app.core.encryption import DecryptionError
from app.core.tasks import task
from app.core.unit_of_work import unit_of_work
from app.entra.errors import MicrosoftError, OAuthError, ServiceUnavailable
from app.entra.oauth import TokenAnswer
from app.login.errors import SignInRefused
from app.login.microsoft.identity import verify
from app.login.microsoft.redirect.flow import with_credential
from app.microsoft_clients import microsoft
from app.people import queries as people
from app.provisioning.leavers import actions, queries
from app.provisioning.leavers.models import UpstreamToken
from app.provisioning.leavers.rules import GONE, MOST_PER_MINUTE, Verdict, is_final, verdict
from app.provisioning.roles import reading, sync

log = structlog.get_logger(__name__)


def enqueue_due() -> None:
    """Enqueues the checks that are due, of each connection a bounded number."""
    moment = now()
    for connection_id in queries.connections_with_due(moment):
        for token_id in queries.due(connection_id, moment, MOST_PER_MINUTE):
            with unit_of_work():
                if actions.claim(token_id, moment):
                    check.enqueue(token_id=str(token_id))


@task(retries=0, retry_seconds=0)
def check(token_id: str) -> None:
    """One check; what it can't find out, the next one does."""
    token = queries.token(UUID(token_id))
    if token is None:
        return
    connection = connection_config.by_id(token.company_id, token.connection_id)
    if connection is None or not connection.is_enabled or not connection.notices_leavers:
        with unit_of_work():
            actions.forget(UpstreamToken.id == token.id)
        return
    release_connection()
    try:
        refresh_token = token.refresh_token or ""
        answer = with_credential(
            connection, lambda registration: microsoft().oauth.refresh(registration, refresh_token)
        )
    except OAuthError as error:
        _refused(connection, token, error)
    except ServiceUnavailable as error:
        if error.retry_after:
            with unit_of_work():
                actions.postpone(token.connection_id, error.retry_after)
    except (MicrosoftError, DecryptionError) as error:
        log.warning("leaver_not_checked", kind=type(error).__name__)
    else:
        _answered(connection, token, answer)


def _refused(connection: ConnectionConfig, token: UpstreamToken, error: OAuthError) -> None:
    found = verdict(error.error, error.codes)
    log.info("refresh_refused", verdict=found.value, codes=list(error.codes))
    if found is Verdict.NONE and not (token.grant_id and is_final(error.error)):
        return
    with unit_of_work():
        if found is Verdict.GONE:
            actions.end_all(connection, token.person_id, next(code for code in error.codes if code in GONE))
        elif found is Verdict.REVOKED:
            actions.end_revoked(connection, token)
        else:
            # No one can tell any more whether the person is there: the grant lives no longer than without checks.
            actions.forget(UpstreamToken.id == token.id)


def _answered(connection: ConnectionConfig, token: UpstreamToken, answer: TokenAnswer) -> None:
    """Keeps the new refresh token. The new ID token counts like that of a sign-in, if it is valid and the person's."""
    if answer.refresh_token:
        with unit_of_work():
            actions.replace(token.id, answer.refresh_token)
    person = people.person(token.company_id, token.person_id)
    try:
        identity = verify(connection, answer.id_token, answer.access_token, None, started_at=int(time.time()))
        if person is None or (identity.claims.tid, identity.claims.oid) != (person.tid, person.oid):
            log.warning("refreshed_token_of_another_person")
            return
        memberships = reading.read(connection, identity)
    except SignInRefused as refused:
        log.warning("refreshed_token_not_used", reason=refused.refusal.reason)
        return
    if memberships:
        with unit_of_work():
            sync.apply(connection, identity, memberships, token.person_id)
