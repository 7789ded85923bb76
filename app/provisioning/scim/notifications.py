"""Emails to owners and admins before a token of a directory expires."""

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
from app.provisioning.scim import queries, tokens


def send_expiry_warnings() -> None:
    """Sends each warning that is due. Idempotent."""
    today = now().date()

    def warn_if_due(one: ExpiringCredential) -> None:
        stage = warning_due(one.expires, one.warned, today)
        if stage is not None:
            _warn(one.id, stage)

    one_by_one(queries.expiring(today + HORIZON), warn_if_due)


@unit_of_work()
def _warn(token_id: UUID, stage: int) -> None:
    """The emails are enqueued before the claim is committed: a crash in between warns twice rather than never."""
    if tokens.claim_warning(token_id, stage) and not _write(token_id, stage):
        db.session.rollback()


def _write(token_id: UUID, stage: int) -> bool:
    found = queries.token_with_connection(token_id)
    if found is None:
        return True
    token, connection = found
    title, ended = isolate(connection.title), stage == ENDED
    others = queries.tokens(token.company_id, token.connection_id)
    return email.send_email_now(
        people.admin_recipients(token.company_id),
        _l("The provisioning token of “%(title)s” has expired", title=title)
        if ended
        else _l(
            "The provisioning token of “%(title)s” expires %(in_days)s",
            title=title,
            in_days=lazily(show_in_days, token.expires),
        ),
        "email/scim_token_ends.txt",
        email_look(token.company_id),
        title=connection.title,
        ended=ended,
        expires=token.expires,
        next=max((one.expires for one in others if one.expires > token.expires), default=None),
        draft_id=connection.id,
    )
