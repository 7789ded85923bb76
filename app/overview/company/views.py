"""Advanced options, Company: its name, and deleting it. Admins read the page; owners change it."""

from datetime import timedelta

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.companies import actions
from app.companies import queries as companies
from app.companies.deletion import actions as deletion
from app.companies.forms import LONGEST_NAME
from app.core.database import now
from app.core.translation import gettext as _
from app.http.current import Visitor, current
from app.overview.company import notifications, queries
from app.overview.company.forms import DeleteForm, NameForm
from app.people.models import Role


def show() -> ResponseReturnValue:
    company = companies.by_id(current().company_id)
    return _page(NameForm(formdata=None, obj=company))


def set_name() -> ResponseReturnValue:
    visitor, form = _owner(), NameForm()
    if not form.validate():
        return _page(form), 422
    actions.change(companies.by_id(visitor.company_id), actor_id=visitor.person_id, name=form.name.data)
    flash(_("Saved."), "success")
    return redirect(url_for("overview.company.show"), 303)


def confirm_delete() -> ResponseReturnValue:
    visitor = _owner()
    if visitor.deletes_at:
        return redirect(url_for("overview.company.show"))
    return _confirm_page(visitor, DeleteForm(companies.main_code(visitor.company_id), formdata=None))


def delete() -> ResponseReturnValue:
    """Starts the time of grace. The lock keeps another person from becoming an owner meanwhile."""
    visitor = _owner()
    form = DeleteForm(companies.main_code(visitor.company_id))
    actions.lock_company(visitor.company_id)
    if not form.validate() or queries.other_owners(visitor.company_id, visitor.person_id):
        return _confirm_page(visitor, form), 422
    company = companies.by_id(visitor.company_id)
    if deletion.request(company, actor_id=visitor.person_id, kept_session=visitor.session_id):
        notifications.tell_of_request(company)
    return redirect(url_for("overview.company.show"), 303)


def cancel() -> ResponseReturnValue:
    visitor = _owner()
    company = companies.by_id(visitor.company_id)
    if deletion.cancel(company, actor_id=visitor.person_id):
        notifications.tell_of_cancellation(company)
        flash(_("%(company)s won’t be deleted. Everyone can sign in again.", company=company.name), "success")
    return redirect(url_for("overview.company.show"), 303)


def _owner() -> Visitor:
    """The signed-in owner; aborts with 403 for an admin."""
    if current().role != Role.OWNER:
        abort(403)
    return current()


def _page(form: NameForm) -> str:
    visitor = current()
    return render_template(
        "overview/company.html", form=form, longest_name=LONGEST_NAME, is_owner=visitor.role == Role.OWNER
    )


def _confirm_page(visitor: Visitor, form: DeleteForm) -> str:
    return render_template(
        "overview/delete_company.html",
        form=form,
        codes=queries.codes(visitor.company_id),
        contents=queries.contents(visitor.company_id),
        other_owners=queries.other_owners(visitor.company_id, visitor.person_id),
        deletes_at=now() + deletion.GRACE,
        grace_days=deletion.GRACE // timedelta(days=1),
    )
