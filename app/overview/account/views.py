"""The account page and recovery codes."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.translation import gettext as _
from app.http import languages
from app.http.current import current
from app.http.language_form import LanguageForm
from app.overview.account import queries as account_queries
from app.people import actions, queries
from app.people.models import Person
from app.people.one_time_tokens import actions as one_time_tokens
from app.sessions.presentation import FIRST, MOST, session_rows


def show() -> ResponseReturnValue:
    visitor = current()
    shows_all = request.args.get("sessions") == "all"
    sessions = session_rows(visitor, visitor.person_id, _end_url, MOST if shows_all else FIRST + 1)
    needs_backup = visitor.is_admin or visitor.has_password
    return render_template(
        "overview/account.html",
        sessions=sessions if shows_all else sessions[:FIRST],
        has_others=len(sessions) > 1,
        has_more=len(sessions) > FIRST and not shows_all,
        backup=account_queries.backup(visitor.company_id, visitor.person_id) if needs_backup else None,
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
