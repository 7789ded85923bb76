"""Advanced options, Login page: the company's login pages as its admins configure them."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.companies import actions, codes
from app.companies import queries as companies
from app.companies.models import LoginPage, PasswordSignIn
from app.core.text import sanitize_lines
from app.core.translation import LANGUAGES, in_language
from app.core.translation import gettext as _
from app.http.current import current
from app.http.headers import allow_same_origin_framing
from app.http.language_form import LanguageForm
from app.login.page import queries
from app.login.page.views import render_login_page
from app.login.page_settings.forms import LONGEST_NOTE, LoginPageForm, PasswordPolicyForm, code_fault
from app.login.password_policy.rules import can_disable_passwords
from app.people.sign_in_method import POLICIES


def index() -> ResponseReturnValue:
    company = companies.by_id(current().company_id)
    return render_template(
        "login/login_pages.html",
        company=company,
        pages=company.login_pages,
        base=current_app.config["BASE_URL"],
        page_form=LoginPageForm(company.id, formdata=None),
        policy_form=PasswordPolicyForm(policy=company.password_sign_in),
        policies=POLICIES,
        language_form=LanguageForm(or_browsers=False, formdata=None, language=company.language),
    )


def create() -> ResponseReturnValue:
    """Creates an additional login page, for a location."""
    visitor = current()
    form = LoginPageForm(visitor.company_id)
    if not form.validate() or not form.location.data:
        fault = next(iter([*form.code.errors, *form.location.errors]), _("Enter a location name."))
        flash(str(fault), "danger")
        return redirect(url_for("login.page_settings.index"), 303)
    company = companies.by_id(visitor.company_id)
    page = actions.add_login_page(
        company, code=form.code.data or "", location=form.location.data, actor_id=visitor.person_id
    )
    return redirect(url_for("login.page_settings.edit", page_id=page.id), 303)


def edit(page_id: UUID) -> ResponseReturnValue:
    page = _page_or_404(page_id)
    return _edit_page(page, _form(page, formdata=None, obj=page, translations=page.note_translations))


def save(page_id: UUID) -> ResponseReturnValue:
    """Saves the page, or shows the form again with a field for the note in one more language."""
    page = _page_or_404(page_id)
    form = _form(page)
    if form.adds_language:
        return _edit_page(page, form)
    if not form.validate():
        return _edit_page(page, form), 422
    location = (form.location.data or None) if page.position else None
    changed = actions.change_login_page(
        page,
        actor_id=current().person_id,
        code=form.code.data,
        location=location,
        note=form.note.data or "",
        note_translations=form.translations,
    )
    flash(_("Saved. The old address redirects for 90 days.") if "code" in changed else _("Saved."), "success")
    return redirect(url_for("login.page_settings.edit", page_id=page.id), 303)


def _form(page: LoginPage, **options: Any) -> LoginPageForm:
    return LoginPageForm(page.company_id, page.code, default_language=page.company.language, **options)


def remove(page_id: UUID) -> ResponseReturnValue:
    page = _page_or_404(page_id)
    if page.position == 0:
        abort(404)
    actions.remove_login_page(page, actor_id=current().person_id)
    flash(_("Page removed."), "success")
    return redirect(url_for("login.page_settings.index"), 303)


def check_code() -> ResponseReturnValue:
    """Whether a code is free, checked while it is typed."""
    wanted = codes.normal(request.args.get("code", ""))
    fault = code_fault(current().company_id, wanted, request.args.get("current"))
    address = f"{current_app.config['BASE_URL']}/login/{wanted}"
    return jsonify(free=fault is None, text=fault or _("Your login page will be %(address)s.", address=address))


def preview(page_id: UUID) -> ResponseReturnValue:
    """The real login page in one of its languages with an unsaved note, for the frame beside the form."""
    page = _page_or_404(page_id)
    default = page.company.language
    language = request.args.get("language", default)
    if language not in LANGUAGES:
        abort(404)
    note = sanitize_lines(request.args.get("note", page.notes.get(language, "")), LONGEST_NOTE)
    allow_same_origin_framing()
    with in_language(language):
        login_page = queries.by_login_code(page.code)
        if login_page is None:
            abort(404)
        shown = queries.chosen_note(page.notes | {language: note}, default)
        return render_login_page(replace(login_page, note=shown), "/", still=True)


def _edit_page(page: LoginPage, form: LoginPageForm) -> str:
    language = form.added if form.adds_language else page.company.language
    note = form.field_of(language or "").data or ""
    return render_template(
        "login/page_settings.html",
        page=page,
        form=form,
        base=current_app.config["BASE_URL"],
        preview_url=url_for("login.page_settings.preview", page_id=page.id, note=note, language=language),
    )


def _page_or_404(page_id: UUID) -> LoginPage:
    page = companies.login_page(current().company_id, page_id)
    if page is None:
        abort(404)
    return page


def set_language() -> ResponseReturnValue:
    visitor = current()
    language = LanguageForm(or_browsers=False).or_400().language.data
    actions.change(companies.by_id(visitor.company_id), actor_id=visitor.person_id, language=language)
    flash(_("Saved."), "success")
    return redirect(url_for("login.page_settings.index"), 303)


def set_password_policy() -> ResponseReturnValue:
    """Sets who may sign in with a password; no one only if that locks no person out."""
    visitor = current()
    wanted = PasswordPolicyForm().or_400().policy.data
    company = companies.by_id(visitor.company_id)
    if wanted == PasswordSignIn.NO_ONE and company.password_sign_in != wanted:
        refused = can_disable_passwords(visitor.company_id)
        if refused:
            flash(_(refused.words), "danger")
            return redirect(url_for("login.page_settings.index"), 303)
    actions.change(company, actor_id=visitor.person_id, password_sign_in=wanted)
    flash(_("Saved."), "success")
    return redirect(url_for("login.page_settings.index"), 303)
