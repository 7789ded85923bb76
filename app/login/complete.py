"""Completes every Microsoft sign-in: creates a session, asks about an existing account, or refuses with a reason."""

import time
from dataclasses import asdict
from uuid import UUID

from flask import url_for
from werkzeug.wrappers import Response

from app.connections.connection_config import ConnectionConfig
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.http.client_info import current_client
from app.http.errors import new_reference
from app.login import actions
from app.login.browser_binding import establish, landing, refusal_page
from app.login.errors import SignInRefused
from app.login.id_token import VerifiedIdentity
from app.login.linking import pending_link
from app.people import profile


def complete_login(
    connection: ConnectionConfig,
    verified: VerifiedIdentity,
    attempt_id: str,
    next_path: str,
    *,
    code: str,
    joins: pending_link.Proof | None = None,
) -> str:
    """Signs this browser in and returns the path to redirect to. Raises SignInRefused.

    With `joins`, the identity is linked to that account of the company, for which there is proof.
    """
    try:
        applicant = actions.examine(connection, verified, joins=joins)
        with unit_of_work():
            admit(connection, applicant, attempt_id, code=code)
    except actions.AccountLinkRequired as question:
        pending_link.keep(_pending_link(connection, verified, attempt_id, next_path, code, question.account.id))
        return url_for("login.linking.show")
    return landing(next_path)


def admit(connection: ConnectionConfig, applicant: actions.Applicant, attempt_id: str, *, code: str) -> None:
    """Signs this browser in. Raises SignInRefused."""
    admitted = actions.admit(connection, applicant, attempt_id, current_client())
    establish(admitted.token, connection.company_id, admitted.person_id, code)
    if admitted.profile_is_due and applicant.verified.access_token:
        profile.read_later(connection.company_id, admitted.person_id, applicant.verified.access_token)


def refuse(company_id: UUID, refused: SignInRefused, *, company_name: str, retry_url: str | None = None) -> Response:
    """The error page that says why the sign-in was refused; inside a unit of work."""
    return refusal_page(
        refused.refusal, record_failure(company_id, refused), company_name=company_name, retry_url=retry_url
    )


def record_failure(company_id: UUID, refused: SignInRefused) -> str:
    """Discards everything in the unit of work except the audit entry of the refusal; returns its reference."""
    reference = new_reference()
    db.session.rollback()
    actions.record_refusal(company_id, refused.refusal, reference, current_client(), cause=refused.cause)
    return reference


def _pending_link(
    connection: ConnectionConfig,
    verified: VerifiedIdentity,
    attempt_id: str,
    next_path: str,
    code: str,
    account_id: UUID,
) -> pending_link.PendingLink:
    return pending_link.PendingLink(
        company_id=str(connection.company_id),
        connection_id=str(connection.id),
        person_id=str(account_id),
        attempt_id=attempt_id,
        next=next_path,
        code=code,
        made_at=int(time.time()),
        claims=asdict(verified.claims),
    )
