"""The sandbox's DNS records: a page on which one is added, as at a DNS provider, and their part of the control API."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from sandbox.control import json_view, read_body
from sandbox.documents import Unreadable
from sandbox.loopback import reject_remote_requests
from sandbox.state import sandbox

LONGEST = 1000

blueprint = Blueprint("dns_records", __name__)
blueprint.before_request(reject_remote_requests)


@blueprint.get("/sandbox/dns")
def show() -> str:
    """All records, and a form for another one."""
    name, value = (request.args.get(field, "")[:LONGEST] for field in ("name", "value"))
    records = sandbox().txt_records.all()
    return render_template(
        "dns_records.html", records=records, name=name, value=value, is_there=value in records.get(name, ())
    )


@blueprint.post("/sandbox/dns")
def add() -> Response:
    """The form's button."""
    name, value = (request.form.get(field, "").strip()[:LONGEST] for field in ("name", "value"))
    if name and value:
        sandbox().txt_records.add(name, value)
    return redirect(url_for("dns_records.show", name=name, value=value), 303)  # type: ignore[return-value]


@blueprint.get("/sandbox/api/dns")
@json_view
def list_records() -> dict[str, list[str]]:
    """The values of the TXT records by name."""
    return sandbox().txt_records.all()


@blueprint.put("/sandbox/api/dns")
@json_view
def put_record() -> dict[str, list[str]]:
    """Replaces the values of a name: `{"name": …, "values": […]}`."""
    body = read_body()
    name, values = body.get("name"), body.get("values")
    if not isinstance(name, str) or not _is_texts(values):
        raise Unreadable("name must be a text, values a list of texts")
    sandbox().txt_records.put(name, values)  # type: ignore[arg-type]
    return sandbox().txt_records.all()


def _is_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
