"""From passwords to Microsoft: who has moved, who has not, and a reminder for those."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.connections import queries as connections
from app.database import db
from app.membership import letters
from app.people import queries as people
from app.people.pages import turned
from app.web.current import current


def show() -> ResponseReturnValue:
    visitor = current()
    tenants = {connection.tenant for connection in connections.enabled(visitor.company_id)}
    page = people.page(
        visitor.company_id, outside=tenants, after=request.args.get("after"), before=request.args.get("before")
    )
    moved, everybody = people.number_moved(visitor.company_id)
    return render_template(
        "membership/moving.html",
        moved=moved,
        everybody=everybody,
        has_connection=bool(tenants),
        **turned(page, "membership.moving"),
    )


def remind() -> ResponseReturnValue:
    """A letter to all who have not moved, or to one of them."""
    visitor = current()
    one = request.form.get("person", type=UUID)
    letters.remind_all.later(
        company_id=str(visitor.company_id), actor_id=str(visitor.person_id), person_id=str(one) if one else None
    )
    db.session.commit()
    flash("The reminder is on its way.", "success")
    return redirect(url_for("membership.moving"), 303)
