"""Account, second factor: an authenticator app and passkeys, for people who have a password."""

from uuid import UUID

import sqlalchemy.exc
from flask import abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.core.database import db
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.http.current import current
from app.people import queries as people
from app.people.models import Person
from app.people.two_step import actions, challenges, passkeys, queries, totp
from app.people.two_step.challenges import Use
from app.people.two_step.forms import AuthenticatorForm, PasskeyForm

WRONG = N_("Wrong code. Check that your phone sets its time automatically, then try the next code.")


def show() -> ResponseReturnValue:
    return _page(_own_account(), AuthenticatorForm())


def begin_app() -> ResponseReturnValue:
    """The QR code is shown until the app's first code was right; an existing app counts until then."""
    actions.begin_authenticator(_own_account())
    return redirect(url_for("people.two_step.show"), 303)


def confirm_app() -> ResponseReturnValue:
    person, form = _own_account(), AuthenticatorForm()
    if not actions.confirm_authenticator(person, form.number.data or ""):
        db.session.rollback()
        form.number.errors = [_(WRONG)]
        return _page(person, form), 422
    flash(_("Two-step verification is on. Save your recovery codes."), "success")
    return redirect(url_for("people.two_step.show"), 303)


def remove_app() -> ResponseReturnValue:
    person = _own_account()
    found = queries.authenticator(person.company_id, person.id)
    if found is None:
        abort(404)
    actions.remove(person, found)
    flash(_("Authenticator app removed."), "success")
    return redirect(url_for("people.two_step.show"), 303)


def add_passkey() -> ResponseReturnValue:
    person, form = _own_account(), PasskeyForm()
    challenge = challenges.issued(person, Use.ADD)
    answer = form.credential.data
    made = passkeys.made(current_app.config["BASE_URL"], answer, challenge) if answer and challenge else None
    if challenge is None or made is None or not challenges.spend(person, challenge):
        db.session.rollback()
        flash(_("Passkey not added. Try again."), "warning")
        return redirect(url_for("people.two_step.show"), 303)
    try:
        actions.add_passkey(person, made, form.name.data or "")
    except sqlalchemy.exc.IntegrityError:
        db.session.rollback()
        flash(_("This passkey is already added."), "warning")
        return redirect(url_for("people.two_step.show"), 303)
    flash(_("Passkey added."), "success")
    return redirect(url_for("people.two_step.show"), 303)


def remove_passkey(passkey_id: UUID) -> ResponseReturnValue:
    person = _own_account()
    found = queries.passkey(person.company_id, person.id, passkey_id)
    if found is None:
        abort(404)
    actions.remove(person, found)
    flash(_("Passkey removed."), "success")
    return redirect(url_for("people.two_step.show"), 303)


def _page(person: Person, form: AuthenticatorForm) -> str:
    begun = queries.authenticator(person.company_id, person.id)
    known = queries.factors(person.company_id, person.id)
    challenge = challenges.issue(person, Use.ADD)
    account = person.sign_in_email or person.name
    secret = (begun.replacement if begun.confirmed_at else begun.secret) if begun else None
    return render_template(
        "people/two_step.html",
        authenticator=known.authenticator,
        passkeys=known.passkeys,
        secret=secret,
        drawn=_drawn(_address(person, secret, account)) if secret else None,
        passkey_options=passkeys.creation_options(
            current_app.config["BASE_URL"], person.id.bytes, account, known.passkeys, challenge
        ),
        codes_left=people.recovery_codes_left(person.company_id, person.id),
        form=form,
        passkey_form=PasskeyForm(formdata=None),
    )


def _address(person: Person, secret: str, account: str) -> str:
    company = person.company
    return totp.address(secret, company.name, company.login_pages[0].code, account)


def _drawn(address: str) -> Markup:
    """A QR code, dark on light whatever the page's colors are, as cameras need it."""
    import segno  # here: it is needed to set a factor up, which people do once

    code = segno.make(address, error="m")
    return Markup(code.svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=False))  # noqa: S704 - ours


def _own_account() -> Person:
    """Second factors complement a password; Microsoft asks for its own."""
    person = people.person(current().company_id, current().person_id)
    if person is None or person.password_hash is None:
        abort(404)
    return person
