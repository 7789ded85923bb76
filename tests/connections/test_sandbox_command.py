"""Runs the command that a connection page prints for the sandbox, unchanged, against the sandbox's own process."""

import re
import subprocess
from html import unescape

import requests

from demo.__main__ import CRM, NEWCOMERS, Registration, register
from tests.cast import ALICE, BOB, Cast
from tests.connections.admin import Admin, contoso_admin, new_connection, states
from tests.directory import CONTOSO, CONTOSO_CLIENT, CONTOSO_SECRET

EXPIRES = "2027-10-01"


def run_printed_command(admin: Admin) -> None:
    page = admin.registration_page()
    found = re.search(r"<summary>Sandbox.*?<pre[^>]*><code>(.*?)</code>", page, re.DOTALL)
    assert found, "the page prints no command for the sandbox"
    ran = subprocess.run(["bash", "-c", unescape(found[1])], capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def signs_in(cast: Cast) -> bool:
    return cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 303


def test_printed_command_adds_redirect_uri_and_keeps_others(cast: Cast) -> None:
    """Two connections with one registration: the demo's own company can still sign in."""
    admin = new_connection(cast, cast.alice())
    given = {"title": "Second", "tenant": CONTOSO, "client_id": CONTOSO_CLIENT, "secret": CONTOSO_SECRET}
    assert admin.save(**given, secret_expires=EXPIRES).status_code == 303
    run_printed_command(admin)
    assert set(states(admin.test(ALICE)).values()) == {"ok"}
    assert signs_in(cast)


def test_printed_command_adds_certificate(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    admin.press("certificate")
    run_printed_command(admin)
    assert set(states(admin.test(ALICE)).values()) == {"ok"}


def test_new_company_connects_with_its_own_registration(cast: Cast) -> None:
    admin = new_connection(cast, cast.charlie())
    given = {"title": "Mine", "tenant": NEWCOMERS["tenant"], "client_id": NEWCOMERS["client_id"]}
    assert admin.save(**given, secret=NEWCOMERS["secret"], secret_expires=EXPIRES).status_code == 303
    assert "AADSTS50011" in _directory_response(admin)
    run_printed_command(admin)
    assert set(states(admin.test(ALICE)).values()) == {"ok"}
    assert admin.press("activate").status_code == 303
    assert signs_in(cast), "Contoso's own registration is unaffected"


def _directory_response(admin: Admin) -> str:
    started = admin.press("test/start")
    return requests.get(started.headers["Location"], timeout=10).text


def test_demo_restarts_with_any_saved_connections(cast: Cast) -> None:
    """A draft without IDs, one that names no registration of the sandbox's, and two with the same registration."""
    unknown = "99999999-9999-4999-8999-999999999999"
    uris = [f"http://localhost:5000/auth/{number}/callback" for number in "ab"]
    origin = cast.directory.origin
    register(origin, Registration("", "", "server", uris[0]))
    register(origin, Registration(CONTOSO, unknown, "server", uris[0]))
    register(origin, Registration(unknown, unknown, "server", uris[0]))
    for uri in uris:
        register(origin, Registration(CRM["tenant"], CRM["client_id"], "server", uri))
    applications = cast.directory.call("GET", f"tenants/{CONTOSO}")["applications"]
    (crm,) = (one for one in applications if one["client_id"] == CRM["client_id"])
    assert crm["redirect_uris"]["web"] == uris
