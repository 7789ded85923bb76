"""Advanced options: who would be shut out if nobody might use a password."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.connections import queries as connections
from app.people import queries as people
from app.people.pages import avatar_url
from app.sign_in.closing import may_close_passwords
from app.web.current import current


def show() -> ResponseReturnValue:
    visitor = current()
    tenants = {connection.tenant for connection in connections.enabled(visitor.company_id)}
    page = people.page(
        visitor.company_id, outside=tenants, after=request.args.get("after"), before=request.args.get("before")
    )
    return render_template(
        "sign_in/closing.html",
        refused=may_close_passwords(visitor.company_id),
        number=people.number_outside(visitor.company_id, tenants),
        people=[{**vars(person), "avatar_url": avatar_url(person)} for person in page.people],
        own_id=visitor.person_id,
        previous_url=url_for("sign_in.lock_out", before=page.before) if page.before else None,
        next_url=url_for("sign_in.lock_out", after=page.after) if page.after else None,
    )
