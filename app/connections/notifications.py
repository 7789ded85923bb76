"""Emails to owners and admins about their company's credentials."""

from uuid import UUID

from app.connections import actions, queries
from app.connections.forms import CREDENTIAL_WORDS
from app.connections.models import Credential
from app.connections.standing import term
from app.core import email
from app.core.database import db, now
from app.core.tasks import one_by_one, task
from app.core.text import isolate
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.entra import error_codes
from app.entra_apps import expiry
from app.entra_apps.expiry import ENDED, HORIZON
from app.entra_apps.models import CredentialKind
from app.http.template_filters import show_in_days
from app.people import queries as people


def send_expiry_warnings() -> None:
    """Sends each warning that is due and refreshes the banners. Idempotent."""
    today = now().date()
    found = queries.expiring(today + HORIZON)

    def warn_if_due(one: queries.ExpiringCredential) -> None:
        stage = expiry.warning_due(one.expires, one.warned, today)
        credential = queries.live_credential(one.id) if stage is not None else None
        if stage is not None and credential is not None:
            _warn(credential, stage)

    one_by_one(found, warn_if_due)
    with unit_of_work():
        actions.refresh_banners(*{one.company_id for one in found})


@unit_of_work()
def _warn(credential: Credential, stage: int) -> None:
    """The emails are enqueued before the claim is committed: a crash in between warns twice rather than never."""
    if not actions.claim_warning(credential, stage):
        return
    kind, title = _kind(credential).lower(), isolate(_title(credential))
    in_days = "" if credential.expires is None else show_in_days(credential.expires)
    ended = stage == ENDED
    written = _write(
        credential,
        _("The %(kind)s for “%(title)s” has expired", kind=kind, title=title)
        if ended
        else _("Your %(kind)s for “%(title)s” expires %(in_days)s", kind=kind, title=title, in_days=in_days),
        "email/credential_ends.txt",
        ended=ended,
        days=None if credential.expires is None else (credential.expires - now().date()).days,
    )
    if not written:
        # The queue is unavailable: roll back the claim, so that the next run sends the warning.
        db.session.rollback()


@task(retries=4, retry_seconds=30)
@unit_of_work()
def send_credential_rejected(credential_id: str, code: int | None) -> None:
    """Microsoft rejected a credential of a live connection."""
    credential = queries.live_credential(UUID(credential_id))
    if credential is None or not actions.claim_refusal(credential):
        return
    advice = error_codes.ADVICE.get(code or 0)
    written = _write(
        credential,
        _(
            "Action needed: Microsoft is rejecting the %(kind)s for “%(title)s”",
            kind=_kind(credential).lower(),
            title=isolate(_title(credential)),
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
    """A node could not decrypt a credential of a live connection."""
    credential = queries.live_credential(UUID(credential_id))
    if credential is None or not actions.claim_refusal(credential):
        return
    subject = _(
        "Portico can’t decrypt the %(kind)s for “%(title)s”",
        kind=_kind(credential).lower(),
        title=isolate(_title(credential)),
    )
    if not _write(credential, subject, "email/credential_unreadable.txt"):
        raise RuntimeError("the queue accepts no emails")


def _write(credential: Credential, subject: str, template: str, **values: object) -> bool:
    draft, today = credential.draft, now().date()
    others = [term(one) for one in draft.credentials if one.is_live and one.id != credential.id]
    return email.send_email_now(
        people.admin_addresses(draft.company_id),
        subject,
        template,
        company_name=draft.company.name,
        title=_title(credential),
        kind=_kind(credential).lower(),
        draft_id=draft.id,
        expires=credential.expires,
        next=expiry.successor(others, credential.expires, today),
        **values,
    )


def _kind(credential: Credential) -> str:
    return _(CREDENTIAL_WORDS[CredentialKind(credential.kind)])


def _title(credential: Credential) -> str:
    """The title of the live connection; the draft may have a new one already."""
    connection = credential.draft.connection
    return connection.title if connection else credential.draft.title
