"""“Is this account yours?”: shown when a new Microsoft identity has the address of an existing account. Also the
reverse: a person signed in with a password connects their Microsoft account.
"""

from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.companies.branding.email_look import email_look
from app.connections import connection_config
from app.connections.connection_config import ConnectionConfig
from app.core import email
from app.core.database import db
from app.core.text import gettext_noop as N_
from app.core.text import isolate
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.http import one_time_links
from app.http.client_info import current_client
from app.http.current import current
from app.http.rate_limits import WRONG_KEYS, LimitReached, limiter
from app.login import actions, continuation
from app.login.browser_binding import login_url
from app.login.complete import complete, refuse
from app.login.errors import SignInRefused
from app.login.linking import pending_link, proof
from app.login.linking.forms import LinkForm
from app.login.linking.pending_link import PendingLink
from app.login.linking.proof import LinkProof
from app.login.microsoft.identity import Answer
from app.login.microsoft.redirect.forms import ButtonForm
from app.login.microsoft.redirect.views import connection_of, go
from app.login.microsoft.sign_in import authenticate, sign_in
from app.login.page import queries
from app.login.page.buttons import CONNECT, sign_in_buttons
from app.login.result import AuthResult
from app.login.transaction import LoginTransaction, Purpose
from app.login.two_step import challenge
from app.people import account_limits
from app.people import actions as people
from app.people import queries as people_queries
from app.people.models import Person
from app.people.one_time_tokens import actions as one_time_tokens
from app.people.one_time_tokens import queries as key_queries
from app.people.one_time_tokens.ended_page import words
from app.people.one_time_tokens.models import EmailTokenPurpose
from app.people.one_time_tokens.rules import KeyState
from app.people.passwords import matches
from app.people.two_step.queries import factors

WRONG = N_("Wrong password.")
NOTHING_PENDING = N_("Open the link within 30 minutes in the same browser, or sign in again.")


def _pending_link() -> tuple[PendingLink, ConnectionConfig, Person]:
    """This browser's pending link in its current state; redirects to the start if there is none."""
    offer = pending_link.find()
    connection = connection_config.by_id(UUID(offer.company_id), UUID(offer.connection_id)) if offer else None
    account = people_queries.person(UUID(offer.company_id), UUID(offer.person_id)) if offer else None
    if offer is None or connection is None or not connection.is_enabled or account is None or not account.is_active:
        flash(_(NOTHING_PENDING), "warning")
        late = offer or pending_link.find_expired()
        abort(redirect(login_url(late.code, late.next) if late else url_for("login.page.find"), 303))
    return offer, connection, account


def show() -> ResponseReturnValue:
    return _page()


def confirm_with_password() -> ResponseReturnValue:
    offer, connection, account = _pending_link()
    try:
        with account_limits.try_password(account.company_id, "", account) as attempt:
            if not matches(account.password_hash, LinkForm().password.data or ""):
                attempt.fail()
    except LimitReached as reached:
        return reached.answer(_page(error=reached.words))
    if attempt.has_failed:
        actions.record_wrong_password(account.company_id, account.id, current_client())
        return _page(error=_(WRONG)), 422
    if factors(account.company_id, account.id):
        return _second_step(offer, account, by_email=False)
    return _sign_in(offer, connection, account)


def send_email() -> ResponseReturnValue:
    account = _pending_link()[2]
    account_limits.count_mail(EmailTokenPurpose.JOIN, account.company_id, account.sign_in_email or "", lambda: account)
    key = one_time_tokens.issue(account, EmailTokenPurpose.JOIN)
    look = email_look(account.company_id)
    email.send_email(
        [email.Recipient(account.sign_in_email or "", account.email_language)],
        _l("Connect your Microsoft account to %(company_name)s", company_name=isolate(look.name)),
        "email/link.txt",
        look,
        name=account.name,
        key=key,
    )
    flash(_("Link sent. Open it in this browser within 30 minutes."), "success")
    return redirect(url_for("login.linking.show"), 303)


@limiter.limit(WRONG_KEYS, deduct_when=lambda response: response.status_code == 422)
def confirm_with_email() -> ResponseReturnValue:
    """Links by a key emailed to the account's address. The account's password is erased, since another person may have
    set it.
    """
    offer, connection, account = _pending_link()
    key = one_time_links.presented(EmailTokenPurpose.JOIN)
    found = one_time_tokens.redeem(account.company_id, EmailTokenPurpose.JOIN, key) if key else None
    if found is None or found.id != account.id:
        db.session.rollback()
        return _page(), 422
    if factors(account.company_id, account.id):
        return _second_step(offer, account, by_email=True)
    _proven_by_mail(account)
    return _sign_in(offer, connection, account)


def authenticated(result: AuthResult, transaction: LoginTransaction) -> str:
    """Continues after the account's second factor was verified. Raises SignInRefused."""
    offer, connection, account = _pending_link()
    if result.person is None or account.id != result.person.id:
        flash(_(NOTHING_PENDING), "warning")
        abort(redirect(url_for("login.page.find"), 303))
    if transaction.context["by_email"]:
        _proven_by_mail(account)
    return _complete(offer, connection, account)


def _second_step(offer: PendingLink, account: Person, *, by_email: bool) -> ResponseReturnValue:
    """With two-step verification on, neither the password nor the mailbox is sufficient proof."""
    transaction = LoginTransaction(
        Purpose.CONFIRM_LINK, code=offer.code, next=offer.next, context={"by_email": by_email}
    )
    challenge.keep(account, transaction)
    return redirect(url_for("login.two_step.show"), 303)


def _proven_by_mail(account: Person) -> None:
    if account.password_hash:
        people.set_password(account, None, actor_id=account.id)
    people.confirm_email(account)


def create_account() -> ResponseReturnValue:
    """The person says that the account is not theirs: creates a new one."""
    offer, connection, _ = _pending_link()
    return _sign_in(offer, connection, None)


def start(public_id: str) -> ResponseReturnValue:
    """Connects a Microsoft identity to the account of the signed-in person, by the redirect flow."""
    login_page = queries.main_login_page(current().company_id)
    connection = connection_of(login_page.buttons if login_page else (), public_id)
    assert login_page is not None
    return go(
        connection,
        Purpose.LINK,
        code=login_page.code,
        next_path=url_for("overview.account.show"),
        prompt=ButtonForm().wanted_prompt,
        **proof.context(LinkProof(str(current().person_id))),
    )


def answered(connection: ConnectionConfig, transaction: LoginTransaction, answer: Answer) -> str:
    """Microsoft's answer: another session may have become active in this browser since the transaction began."""
    transaction.require_same_session()
    return sign_in(connection, transaction, answer)


def connect() -> ResponseReturnValue:
    """For a signed-in person who has no Microsoft identity here yet."""
    visitor = current()
    person = people_queries.person(visitor.company_id, visitor.person_id)
    login_page = queries.main_login_page(visitor.company_id)
    assert person is not None
    assert login_page is not None
    buttons = login_page.buttons if person.oid is None else ()
    return render_template(
        "login/connect.html",
        connected=person.oid is not None,
        **sign_in_buttons(buttons, login_page.code, url_for("overview.account.show"), to=CONNECT),
    )


def _sign_in(offer: PendingLink, connection: ConnectionConfig, account: Person | None) -> ResponseReturnValue:
    try:
        return redirect(_complete(offer, connection, account), 303)
    except SignInRefused as refused:
        retry_url = login_url(offer.code, offer.next)
        return refuse(connection.company_id, refused, company_name=connection.company_name, retry_url=retry_url)


def _complete(offer: PendingLink, connection: ConnectionConfig, account: Person | None) -> str:
    found = LinkProof(str(account.id)) if account else None
    return complete(authenticate(connection, offer.identity, proof=found, as_new=True), offer.transaction)


def _page(error: str | None = None) -> str:
    offer, connection, account = _pending_link()
    continuation.allow(offer.next)
    claims = offer.identity.claims
    link = one_time_links.name()
    if link:
        key = one_time_links.presented(EmailTokenPurpose.JOIN)
        state = key_queries.emailed_state(account.company_id, EmailTokenPurpose.JOIN, key, of=account.id)
        error, link = (error, link) if state is KeyState.GOOD else (words(EmailTokenPurpose.JOIN, state), None)
    return render_template(
        "login/linking.html",
        company_name=connection.company_name,
        account=account,
        claims=claims,
        may_be_new=connection.create_people and not (claims.is_guest and not connection.allow_guests),
        link=link,
        form=LinkForm(formdata=None),
        error=error,
    )
