"""What owners and admins are told by mail about the CRM's connection."""

from datetime import date
from uuid import UUID

from app import mail
from app.connections import expiry
from app.connections.expiry import ENDED, HORIZON
from app.crm import actions, queries
from app.crm.health import TROUBLES
from app.crm.models import CrmConnection
from app.database import db, now
from app.people import queries as people
from app.queue import one_by_one, task


@task(retries=4, retry_seconds=30)
def tell_of_trouble(connection_id: str) -> None:
    """Once, however often it is found; the next trouble after a mended one is told again."""
    connection = queries.by_id(UUID(connection_id))
    if connection is None or connection.trouble is None or not actions.claim_telling(connection):
        db.session.rollback()
        return
    trouble = TROUBLES[connection.trouble]
    _write(connection, trouble.title, "mail/crm_trouble.txt", trouble=trouble, code=connection.trouble_code)
    db.session.commit()


def warn_of_ends() -> None:
    """Gives each warning that is due of a credential's end. Does nothing more when done again."""
    today = now().date()
    one_by_one(queries.ending(today + HORIZON), lambda connection: _warn_if_due(connection, today))


def _warn_if_due(connection: CrmConnection, today: date) -> None:
    expires = connection.credential_expires
    stage = expiry.warning_due(expires, connection.credential_warned, today)
    if stage is None or not actions.claim_warning(connection, stage):
        return
    ended = stage == ENDED
    subject = f"The credential of the CRM connection {'has expired' if ended else 'is about to expire'}"
    if not _write(connection, subject, "mail/crm_credential_ends.txt", ended=ended, expires=expires):
        # The queue is gone: the claim is given back for the next time.
        db.session.rollback()
    db.session.commit()


def _write(connection: CrmConnection, subject: str, template: str, **values: object) -> bool:
    return mail.write(
        people.admin_addresses(connection.company_id),
        subject,
        template,
        company_name=connection.company.name,
        organisation=connection.organisation_name or connection.environment,
        **values,
    )
