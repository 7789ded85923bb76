"""Writes logout tokens into the outbox, in the unit of work of what ended. The worker sends them (delivery.py)."""

from uuid import UUID

import sqlalchemy as sa

from app.applications.backchannel.delivery import send_logout_token
from app.applications.backchannel.models import LogoutDelivery
from app.applications.grants.models import Grant
from app.applications.models import Application
from app.applications.provider import claims
from app.audit.events.applications import LogoutSentAgain
from app.audit.log import record
from app.core.batches import in_batches
from app.core.database import db, insert_absent, insert_if_absent, now
from app.sessions.models import Session


def tell_of_session(company_id: UUID, session_id: UUID) -> None:
    """Tells every application that got a token in this session. A disabled one was told when it was disabled."""
    moment = now()
    # A code that isn't redeemed yet may be redeemed while the session ends.
    received = sa.or_(Grant.redeemed_at.is_not(None), Grant.code_expires_at > moment)
    _tell(Grant.company_id == company_id, Grant.session_id == session_id, received, Application.is_enabled.is_(True))


def tell_of_grants(grant_ids: list[UUID]) -> None:
    """Tells the applications of these grants, which were revoked, unless they were told already: without offline
    access, a grant ends with its session.
    """
    is_news = sa.or_(Grant.is_offline, Session.ended_at.is_(None))
    for some in in_batches(grant_ids, 500):
        _tell(Grant.id.in_(some), Grant.redeemed_at.is_not(None), is_news)


def send_again(delivery: LogoutDelivery, application: Application, *, actor_id: UUID) -> bool:
    """Sends the logout token once more, to the present address. False if it is still waiting to be sent, or if the
    application has no address any more.
    """
    if application.backchannel_logout_uri is None:
        return False
    copied = ("company_id", "application_id", "person_id", "session_id", "client_id", "sub", "sid", "algorithm")
    again = LogoutDelivery(
        **{name: getattr(delivery, name) for name in copied},
        uri=application.backchannel_logout_uri,
        next_try_at=now(),
    )
    again_id = again.id
    if not insert_if_absent(again):
        return False
    send_logout_token.enqueue(delivery_id=str(again_id))
    record(
        LogoutSentAgain(
            company_id=delivery.company_id,
            actor_id=actor_id,
            subject_id=delivery.person_id,
            application=application.id,
            name=application.name,
        )
    )
    return True


def _tell(*which: sa.ColumnElement[bool]) -> None:
    rows = db.session.execute(
        sa.select(
            Grant.company_id,
            Grant.person_id,
            Grant.session_id,
            Grant.application_id,
            Application.client_id,
            Application.subject_type,
            Application.subject_salt,
            Application.id_token_signed_response_alg,
            Application.backchannel_logout_uri,
        )
        .join(Application, Application.id == Grant.application_id)
        .join(Session, Session.id == Grant.session_id)
        .where(Application.backchannel_logout_uri.is_not(None), *which)
        .distinct()
    ).all()
    moment = now()
    written = insert_absent(
        [
            LogoutDelivery(
                company_id=row.company_id,
                person_id=row.person_id,
                session_id=row.session_id,
                application_id=row.application_id,
                client_id=row.client_id,
                uri=row.backchannel_logout_uri,
                sub=claims.subject(row.person_id, row.subject_type, row.subject_salt),
                sid=claims.sid(row.session_id, row.client_id),
                algorithm=row.id_token_signed_response_alg,
                next_try_at=moment,
            )
            for row in rows
        ]
    )
    for one in written:
        send_logout_token.enqueue(delivery_id=str(one))
