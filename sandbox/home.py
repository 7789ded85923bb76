"""The sandbox's own pages: its contents, and its drills."""

import io

from flask import Blueprint, Response, make_response, redirect, render_template, request, send_file, url_for
from werkzeug.exceptions import NotFound

from sandbox.aadsts import FAULTS
from sandbox.drill_table import GROUPS
from sandbox.drills import UnknownDrill
from sandbox.loopback import reject_remote_requests
from sandbox.model import DRAWN, Tenant
from sandbox.portraits import SIZE_ON_PAGES, jpeg
from sandbox.state import sandbox

blueprint = Blueprint("home", __name__)


def _tenants() -> list[Tenant]:
    return list(sandbox().directory.tenants.values())


@blueprint.get("/")
@blueprint.get("/sandbox")
def home() -> str:
    """Tenants, their people and applications."""
    contacts = {one.tid: len(sandbox().environments.of(one.tid, one.name)) for one in _tenants()}
    environment = sandbox().addresses.server
    return render_template(
        "home.html",
        tenants=_tenants(),
        active=sandbox().drills.active(),
        contacts=contacts,
        environment=environment,
    )


@blueprint.get("/sandbox/people/<tid>/<oid>.jpg")
def portrait(tid: str, oid: str) -> Response:
    """A person's photo, for these pages; 404 unless it was drawn here."""
    tenant = sandbox().directory.tenants.get(tid)
    person = tenant.people.get(oid) if tenant else None
    if person is None or person.photo != DRAWN:
        raise NotFound
    photo = send_file(io.BytesIO(jpeg(person, SIZE_ON_PAGES)), mimetype="image/jpeg", max_age=3600)
    return make_response(photo)


@blueprint.get("/error")
def error() -> str:
    """The target of an error's `error_uri`: the meaning of a code."""
    fault = FAULTS.get(request.args.get("code", 0, int))
    if fault is None:
        raise NotFound
    return render_template("error.html", fault=fault)


@blueprint.get("/sandbox/drills")
def drills() -> str:
    """All drills, to start or stop; `?tenant=` scopes the buttons."""
    chosen = sandbox().directory.tenants.get(request.args.get("tenant", ""))
    active = {running.drill.name: running for running in sandbox().drills.active() if _shown(running.tenant, chosen)}
    return render_template(
        "drills.html",
        groups={
            group: [drill for drill in sandbox().drills.table.values() if drill.group == group] for group in GROUPS
        },
        active=active,
        running=sandbox().drills.active(),
        tenants=_tenants(),
        chosen=chosen,
    )


def _shown(tid: str | None, chosen: Tenant | None) -> bool:
    return tid is None if chosen is None else tid == chosen.tid


@blueprint.post("/sandbox/drills")
def press() -> Response:
    """A button of the page: `start` or `stop` with a drill's name, or `stop_all`."""
    if refusal := reject_remote_requests():
        return refusal
    tenant = request.form.get("tenant") or None
    try:
        if name := request.form.get("start"):
            sandbox().drills.start({"name": name, "tenant": tenant})
        elif name := request.form.get("stop"):
            sandbox().drills.stop(name, tenant)
        else:
            sandbox().drills.stop()
    except UnknownDrill as error:
        raise NotFound(str(error)) from None
    anchor = request.form.get("start") or request.form.get("stop")
    return redirect(url_for("home.drills", tenant=tenant, _anchor=anchor), 303)  # type: ignore[return-value]
