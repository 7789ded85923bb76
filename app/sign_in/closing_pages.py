"""Advanced options: who would be shut out if nobody might use a password."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.connections import queries as connections
from app.people import queries as people
from app.people.pages import turned
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
        own_id=visitor.person_id,
        **turned(page, "sign_in.lock_out"),
    )
