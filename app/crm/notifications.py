"""Emails to owners and admins about the CRM connection."""

from typing import Any
from uuid import UUID

from app.companies.branding.email_look import email_look
from app.core import email
from app.core.database import now
from app.core.tasks import task
from app.core.translation import lazy_gettext as _l
from app.core.unit_of_work import unit_of_work
from app.crm import actions, queries
from app.crm.models import CrmConnection
from app.crm.problems import PROBLEMS
from app.entra_apps import notifications as expiry_warnings
from app.entra_apps.expiry import ENDED, HORIZON
from app.people import queries as people


@task(retries=4, retry_seconds=30)
@unit_of_work()
def send_problem(connection_id: str) -> None:
    """Sent once per problem, however often it occurs; a problem after a resolved one is notified again."""
    connection = queries.by_id(UUID(connection_id))
    if connection is None or connection.trouble is None or not actions.claim_notification(connection):
        return
    trouble = PROBLEMS[connection.trouble]
    _write(connection, _l(trouble.title), "email/crm_problem.txt", trouble=trouble, code=connection.trouble_code)


def send_expiry_warnings() -> None:
    """Sends each expiry warning that is due. Idempotent."""
    expiry_warnings.send_expiry_warnings(queries.expiring(now().date() + HORIZON), _warn)


def _warn(credential_id: UUID, stage: int) -> bool:
    connection = queries.by_credential(credential_id)
    if connection is None or connection.credential is None:
        return True
    ended = stage == ENDED
    subject = (
        _l("The credential for your CRM connection has expired")
        if ended
        else _l("The credential for your CRM connection is about to expire")
    )
    expires = connection.credential.expires
    return _write(connection, subject, "email/crm_credential_ends.txt", ended=ended, expires=expires)


def _write(connection: CrmConnection, subject: Any, template: str, **values: object) -> bool:
    return email.send_email_now(
        people.admin_recipients(connection.company_id),
        subject,
        template,
        email_look(connection.company_id),
        organization=connection.organization_name or connection.environment,
        **values,
    )
