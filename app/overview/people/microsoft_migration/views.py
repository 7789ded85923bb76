"""Migration from passwords to Microsoft: who has moved, who has not, and reminders."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.connections import queries as connections
from app.core.translation import gettext as _
from app.http.current import current
from app.people.microsoft_migration import notifications, queries
from app.people.people_list import queries as people_list
from app.people.presentation import number_of_people, paginate


def show() -> ResponseReturnValue:
    visitor = current()
    tenants = {connection.tenant for connection in connections.enabled(visitor.company_id)}
    page = people_list.page(
        visitor.company_id, outside=tenants, after=request.args.get("after"), before=request.args.get("before")
    )
    moved, everyone = queries.number_migrated(visitor.company_id)
    return render_template(
        "overview/microsoft_migration.html",
        moved=moved,
        everyone=everyone,
        has_connection=bool(tenants),
        **paginate(page, "overview.people.microsoft_migration.show"),
    )


def confirm() -> ResponseReturnValue:
    number, uninvited = queries.numbers_to_remind(current().company_id)
    return render_template(
        "overview/remind.html", number=number, uninvited=uninvited, number_of_people=number_of_people
    )


def remind() -> ResponseReturnValue:
    """Emails everyone who has not moved, except those who were never invited."""
    visitor = current()
    number, _uninvited = queries.numbers_to_remind(visitor.company_id)
    notifications.remind_all.enqueue(company_id=str(visitor.company_id), actor_id=str(visitor.person_id))
    flash(_("Reminder sent to %(people)s.", people=number_of_people(number)), "success")
    return redirect(url_for("overview.people.microsoft_migration.show"), 303)
