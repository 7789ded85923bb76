"""Advanced options: who could not sign in if passwords were disabled."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.connections import queries as connections
from app.http.current import current
from app.login.password_policy.rules import can_disable_passwords
from app.people import queries as people
from app.people.people_list import queries as people_list
from app.people.presentation import paginate


def show() -> ResponseReturnValue:
    visitor = current()
    tenants = {connection.tenant for connection in connections.enabled(visitor.company_id)}
    page = people_list.page(
        visitor.company_id, outside=tenants, after=request.args.get("after"), before=request.args.get("before")
    )
    return render_template(
        "login/password_policy.html",
        refused=can_disable_passwords(visitor.company_id),
        number=people.number_without_tenant(visitor.company_id, tenants),
        own_id=visitor.person_id,
        **paginate(page, "login.password_policy.show"),
    )
