"""“Is this account yours?”: asked when a Microsoft identity is new and an account here has its address. And the same
from the other side: somebody signed in with a password connects their Microsoft account."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import mail
from app.connections import snapshots
from app.connections.snapshots import Snapshot
from app.database import db
from app.people import account_limits
from app.people import actions as people
from app.people import queries as people_queries
from app.people.keys import actions as keys
from app.people.keys import queries as key_queries
from app.people.keys.ended_page import words
from app.people.keys.rules import KeyState
from app.people.models import Person, Purpose
from app.people.passwords import matches
from app.people.second_factor.queries import factors
from app.sign_in import actions, joining, pending, queries
from app.sign_in.browser import landing, login_url
from app.sign_in.joining import Offer, Proof
from app.sign_in.letting_in import admit, refuse
from app.sign_in.pending import Pending, Step
from app.sign_in.refusals import SignInRefused
from app.sign_in.ways import CONNECT, ways_in
from app.text import isolate
from app.web import one_time_links
from app.web.caller import this_caller
from app.web.current import current
from app.web.limits import WRONG_KEYS, LimitReached, limiter

WRONG = "This is not the account’s password."
NOTHING_OFFERED = "Open the link in the browser in which you began, within 30 minutes; or sign in once more."


def _offered() -> tuple[Offer, Snapshot, Person]:
    """What this browser was offered, as it stands now; leads to the beginning where that is nothing."""
    offer = joining.offered()
    connection = snapshots.by_id(UUID(offer.company_id), UUID(offer.connection_id)) if offer else None
    account = people_queries.person(UUID(offer.company_id), UUID(offer.person_id)) if offer else None
    if offer is None or connection is None or not connection.is_enabled or account is None or not account.is_active:
        flash(NOTHING_OFFERED, "warning")
        late = joining.offered_late()
        abort(redirect(login_url(late.code, late.next) if late else url_for("sign_in.find"), 303))
    return offer, connection, account


def ask() -> ResponseReturnValue:
    return _page()


def with_password() -> ResponseReturnValue:
    offer, connection, account = _offered()
    try:
        with account_limits.try_password(account.company_id, "", account) as attempt:
            if not matches(account.password_hash, request.form.get("password", "")):
                attempt.fail()
    except LimitReached as reached:
        return reached.answer(_page(error=reached.words))
    if attempt.has_failed:
        actions.record_wrong_password(account.company_id, account.id, this_caller())
        db.session.commit()
        return _page(error=WRONG), 422
    if factors(account.company_id, account.id):
        return _second_step(offer, account, Step.JOIN)
    return _let_in(offer, connection, account)


def mail_key() -> ResponseReturnValue:
    _, connection, account = _offered()
    account_limits.count_mail(Purpose.JOIN, account.company_id, account.sign_in_email or "", lambda: account)
    key = keys.issue(account, Purpose.JOIN)
    db.session.commit()
    mail.write(
        [account.sign_in_email or ""],
        f"Is this Microsoft account yours? For {isolate(connection.company_name)}",
        "mail/join.txt",
        company_name=connection.company_name,
        name=account.name,
        key=key,
    )
    flash("The link is on its way. Open it in this browser within 30 minutes.", "success")
    return redirect(url_for("sign_in.joining"), 303)


@limiter.limit(WRONG_KEYS, deduct_when=lambda response: response.status_code == 422)
def with_key() -> ResponseReturnValue:
    """Whoever reads the account's mail may have it. A password that somebody else chose for it is good no more."""
    offer, connection, account = _offered()
    key = one_time_links.presented(Purpose.JOIN)
    found = keys.spend(account.company_id, Purpose.JOIN, key) if key else None
    if found is None or found.id != account.id:
        db.session.rollback()
        return _page(), 422
    if factors(account.company_id, account.id):
        db.session.commit()
        return _second_step(offer, account, Step.JOIN_BY_MAIL)
    _proven_by_mail(account)
    return _let_in(offer, connection, account)


def after_second_step(begun: Pending) -> ResponseReturnValue:
    """The account's second factor was shown, too."""
    offer, connection, account = _offered()
    if str(account.id) != begun.person_id:
        db.session.rollback()
        flash(NOTHING_OFFERED, "warning")
        return redirect(url_for("sign_in.find"), 303)
    if begun.step == Step.JOIN_BY_MAIL:
        _proven_by_mail(account)
    return _let_in(offer, connection, account)


def _second_step(offer: Offer, account: Person, step: Step) -> ResponseReturnValue:
    """Where two-step verification is on, neither the password nor the mailbox is proof enough."""
    pending.keep(account, offer.code, offer.next, step)
    return redirect(url_for("sign_in.second_factor"), 303)


def _proven_by_mail(account: Person) -> None:
    if account.password_hash:
        people.set_password(account, None, actor_id=account.id)
    people.confirm_email(account)


def as_new() -> ResponseReturnValue:
    """The account is somebody else's."""
    offer, connection, _ = _offered()
    return _let_in(offer, connection, None)


def connect() -> ResponseReturnValue:
    """For somebody who is signed in and has no Microsoft identity here yet."""
    visitor = current()
    person = people_queries.person(visitor.company_id, visitor.person_id)
    door = queries.main_door(visitor.company_id)
    assert person is not None
    assert door is not None
    buttons = door.buttons if person.oid is None else ()
    return render_template(
        "sign_in/connect.html",
        connected=person.oid is not None,
        **ways_in(buttons, door.code, url_for("people.account"), to=CONNECT),
    )


def _let_in(offer: Offer, connection: Snapshot, account: Person | None) -> ResponseReturnValue:
    try:
        joins = Proof(account.id) if account else None
        admit(connection, offer.verified, offer.attempt_id, code=offer.code, joins=joins, as_new=True)
    except SignInRefused as refused:
        retry_url = login_url(offer.code, offer.next)
        return refuse(connection.company_id, refused, company_name=connection.company_name, retry_url=retry_url)
    return redirect(landing(offer.next), 303)


def _page(error: str | None = None) -> str:
    offer, connection, account = _offered()
    claims = offer.verified.claims
    link = one_time_links.name()
    if link:
        key = one_time_links.presented(Purpose.JOIN)
        state = key_queries.mailed_state(account.company_id, Purpose.JOIN, key, of=account.id)
        error, link = (error, link) if state is KeyState.GOOD else (words(Purpose.JOIN, state), None)
    return render_template(
        "sign_in/joining.html",
        company_name=connection.company_name,
        account=account,
        claims=claims,
        may_be_new=connection.create_people and not (claims.is_guest and not connection.allow_guests),
        link=link,
        error=error,
    )
