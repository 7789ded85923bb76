"""Emails to owners and admins before a credential of a directory expires."""

from datetime import date
from typing import Any
from uuid import UUID

from app.companies.branding.email_look import email_look
from app.core import email
from app.core.database import db, now
from app.core.tasks import one_by_one
from app.core.text import isolate
from app.core.translation import lazily
from app.core.translation import lazy_gettext as _l
from app.core.unit_of_work import unit_of_work
from app.entra_apps.expiry import ENDED, HORIZON, warning_due
from app.entra_apps.queries import ExpiringCredential
from app.http.template_filters import show_in_days
from app.people import queries as people
from app.provisioning.scim import actions as credentials
from app.provisioning.scim import queries
from app.provisioning.scim.models import Method


def send_expiry_warnings() -> None:
    """Sends each warning that is due. Idempotent."""
    today = now().date()

    def warn_if_due(one: ExpiringCredential) -> None:
        stage = warning_due(one.expires, one.warned, today)
        if stage is not None:
            _warn(one.id, stage)

    one_by_one(queries.expiring(today + HORIZON), warn_if_due)


@unit_of_work()
def _warn(credential_id: UUID, stage: int) -> None:
    """The emails are enqueued before the claim is committed: a crash in between warns twice rather than never."""
    if credentials.claim_warning(credential_id, stage) and not _write(credential_id, stage):
        db.session.rollback()


def _write(credential_id: UUID, stage: int) -> bool:
    found = queries.credential_with_connection(credential_id)
    if found is None or found[0].expires is None:
        return True
    credential, connection = found
    expires = found[0].expires
    title, ended, is_secret = isolate(connection.title), stage == ENDED, credential.method == Method.SECRET
    others = [
        one.expires
        for one in queries.credentials(credential.company_id, credential.connection_id)
        if one.expires and one.method == credential.method
    ]
    return email.send_email_now(
        people.admin_recipients(credential.company_id),
        _subject(title, expires, ended=ended, is_secret=is_secret),
        "email/scim_credential_ends.txt",
        email_look(credential.company_id),
        title=connection.title,
        ended=ended,
        is_secret=is_secret,
        expires=expires,
        next=max((one for one in others if one > expires), default=None),
        draft_id=connection.id,
    )


def _subject(title: str, expires: date, *, ended: bool, is_secret: bool) -> Any:
    if ended and is_secret:
        return _l("The provisioning client secret of “%(title)s” has expired", title=title)
    if ended:
        return _l("The provisioning token of “%(title)s” has expired", title=title)
    in_days = lazily(show_in_days, expires)
    if is_secret:
        return _l("The provisioning client secret of “%(title)s” expires %(in_days)s", title=title, in_days=in_days)
    return _l("The provisioning token of “%(title)s” expires %(in_days)s", title=title, in_days=in_days)
