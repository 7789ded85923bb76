"""The account page and recovery codes."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core.translation import gettext as _
from app.http import languages
from app.http.current import Visitor, current
from app.http.language_form import FROM_BROWSER, LanguageForm
from app.people import actions, queries
from app.people.models import Person
from app.people.one_time_tokens import actions as one_time_tokens
from app.people.two_step import queries as two_step
from app.sessions.presentation import session_rows


def show() -> ResponseReturnValue:
    visitor = current()
    return render_template(
        "overview/account.html",
        read_from_microsoft=_read_from_microsoft(visitor),
        sessions=session_rows(visitor, visitor.person_id, _end_url),
        language_form=LanguageForm(or_browsers=True, formdata=None, language=visitor.language or FROM_BROWSER),
        has_second_factor=visitor.has_password and bool(two_step.factors(visitor.company_id, visitor.person_id)),
        recovery_codes_left=(
            queries.recovery_codes_left(visitor.company_id, visitor.person_id)
            if visitor.is_admin or visitor.has_password
            else None
        ),
    )


def set_language() -> ResponseReturnValue:
    visitor = current()
    language = LanguageForm(or_browsers=True).or_400().language.data or None
    actions.set_language(_person_or_404(visitor.person_id), language)
    languages.change_person(language)
    flash(_("Saved."), "success")
    return redirect(url_for("overview.account.show"), 303)


def recovery_codes() -> ResponseReturnValue:
    """The number of codes left, and the button that creates new ones."""
    visitor = current()
    left = queries.recovery_codes_left(visitor.company_id, visitor.person_id)
    return render_template("people/recovery_codes_left.html", codes_left=left)


def create_recovery_codes() -> ResponseReturnValue:
    """Ten new codes, shown in this response and never again."""
    visitor = current()
    person = _person_or_404(visitor.person_id)
    codes = one_time_tokens.create_recovery_codes(person)
    return render_template("overview/recovery_codes.html", codes=codes, company_name=visitor.company_name)


def _person_or_404(person_id: UUID) -> Person:
    person = queries.person(current().company_id, person_id)
    if person is None:
        abort(404)
    return person


def _end_url(session_id: UUID) -> str | None:
    """The present session is ended by signing out instead."""
    return None if session_id == current().session_id else url_for("sessions.end_session", session_id=session_id)


def _read_from_microsoft(visitor: Visitor) -> list[tuple[str, str | None]]:
    """What the account page lists as read from Microsoft."""
    return [
        (_("Full name"), visitor.name),
        (_("Email address"), visitor.email),
        (_("Job title"), visitor.title),
        (_("Photo"), _("Synced") if visitor.has_picture else None),
    ]
