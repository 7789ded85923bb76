"""Emails to owners and admins about their company's credentials."""

from typing import Any
from uuid import UUID

from app.companies.branding.email_look import email_look
from app.connections import actions, queries
from app.connections.forms import CREDENTIALS_IN_SENTENCES
from app.connections.models import Connection, SetupLink
from app.connections.state import term
from app.core import email
from app.core.database import now
from app.core.tasks import task
from app.core.text import isolate
from app.core.translation import lazily
from app.core.translation import lazy_gettext as _l
from app.core.unit_of_work import unit_of_work
from app.entra import error_codes
from app.entra_apps import actions as entra_apps
from app.entra_apps import expiry
from app.entra_apps import notifications as expiry_warnings
from app.entra_apps.expiry import ENDED, HORIZON
from app.entra_apps.models import ClientCredential, CredentialKind
from app.http.template_filters import show_in_days
from app.people import queries as people


def send_expiry_warnings() -> None:
    """Sends each warning that is due and refreshes the banners. Idempotent."""
    found = queries.expiring(now().date() + HORIZON)
    expiry_warnings.send_expiry_warnings(found, _warn)
    with unit_of_work():
        actions.refresh_banners(*{one.company_id for one in found})


def _warn(credential_id: UUID, stage: int) -> bool:
    found = queries.active_credential(credential_id)
    if found is None:
        return True
    connection, credential = found
    kind, title = _kind(credential), isolate(connection.title)
    in_days = "" if credential.expires is None else lazily(show_in_days, credential.expires)
    ended = stage == ENDED
    return _write(
        connection,
        credential,
        _l("The %(kind)s for “%(title)s” has expired", kind=kind, title=title)
        if ended
        else _l("Your %(kind)s for “%(title)s” expires %(in_days)s", kind=kind, title=title, in_days=in_days),
        "email/credential_ends.txt",
        ended=ended,
        days=None if credential.expires is None else (credential.expires - now().date()).days,
    )


@task(retries=4, retry_seconds=30)
@unit_of_work()
def send_credential_rejected(credential_id: str, code: int | None) -> None:
    """Microsoft rejected a credential of an active connection."""
    found = queries.active_credential(UUID(credential_id))
    if found is None or not entra_apps.claim_refusal(found[1].id):
        return
    connection, credential = found
    advice = error_codes.ADVICE.get(code or 0)
    written = _write(
        connection,
        credential,
        _l(
            "Action needed: Microsoft is rejecting the %(kind)s for “%(title)s”",
            kind=_kind(credential),
            title=isolate(connection.title),
        ),
        "email/credential_refused.txt",
        code=code,
        hint=advice.admin if advice else None,
    )
    if not written:
        raise RuntimeError("the queue accepts no emails")


@task(retries=4, retry_seconds=30)
@unit_of_work()
def tell_of_undecryptable(credential_id: str) -> None:
    """A node could not decrypt a credential of an active connection."""
    found = queries.active_credential(UUID(credential_id))
    if found is None or not entra_apps.claim_refusal(found[1].id):
        return
    connection, credential = found
    subject = _l(
        "Portico can’t decrypt the %(kind)s for “%(title)s”",
        kind=_kind(credential),
        title=isolate(connection.title),
    )
    if not _write(connection, credential, subject, "email/credential_unreadable.txt"):
        raise RuntimeError("the queue accepts no emails")


def send_setup_completed(link: SetupLink) -> None:
    """Tells a company's owners and admins that the connection has all values, and is theirs to test."""
    draft = link.draft
    email.send_email(
        people.admin_recipients(draft.company_id),
        _l("“%(title)s” is ready to test", title=isolate(draft.title)),
        "email/setup_completed.txt",
        email_look(draft.company_id),
        title=draft.title,
        asked_by=link.maker.name,
        draft_id=draft.id,
    )


def _write(connection: Connection, credential: ClientCredential, subject: Any, template: str, **values: object) -> bool:
    others = [term(one) for one in connection.entra_app.credentials if one.id != credential.id]
    return email.send_email_now(
        people.admin_recipients(connection.company_id),
        subject,
        template,
        email_look(connection.company_id),
        # The active connection's title; the draft may have a new one already.
        title=connection.title,
        kind=_kind(credential),
        draft_id=connection.id,
        expires=credential.expires,
        next=expiry.successor(others, credential.expires, now().date()),
        **values,
    )


def _kind(credential: ClientCredential) -> Any:
    return _l(CREDENTIALS_IN_SENTENCES[CredentialKind(credential.kind)])
