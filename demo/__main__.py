"""`make demo`: the application, its worker, the sandbox directory and an application behind the login page, filled and
ready. Ctrl-C stops all of it.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import requests
from honcho.manager import Manager

if TYPE_CHECKING:
    from app.cli.companies_file.schema import CompaniesFile

COMPANIES = Path(__file__).with_name("companies.json")
BIN = Path(sys.executable).parent
READY_SECONDS = 30
# What the sandbox directory was seeded with, and a password to try one with: secrets of a demo only.
DEMO_SECRETS = {
    "DEMO_CONTOSO_SECRET": "contoso-sandbox-secret-value",
    "DEMO_NORTHWIND_SECRET": "northwind-sandbox-secret-value",
    "DEMO_OWNER_PASSWORD": "an open window in the sun",
    "DEMO_APPLICATION_SECRET": "demo-application-secret-of-no-value",
}


# Contoso's other registration, which an owner connects the CRM with.
CRM = {
    "tenant": "11111111-1111-4111-8111-111111111111",
    "client_id": "2c2c2c2c-2222-4222-8222-222222222222",
    "secret": "contoso-crm-sandbox-secret-value",
}


# A registration that none of the demo's companies uses: for companies that are created while trying Portico.
NEWCOMERS = {
    "tenant": "11111111-1111-4111-8111-111111111111",
    "client_id": "2a2a2a2a-2222-4222-8222-222222222222",
    "secret": "newcomer-sandbox-secret-value",
}


class Registration(NamedTuple):
    """What an admin would enter at Microsoft."""

    tenant: str
    client_id: str
    flow: str
    redirect_uri: str
    logout_url: str | None = None


def main() -> None:
    os.environ.update(DEMO_SECRETS, MICROSOFT_CLOUD="sandbox")
    os.environ.setdefault("WEB_CONCURRENCY", "1")
    port = int(os.environ.setdefault("PORT", "8000"))
    sandbox_port = int(os.environ.setdefault("SANDBOX_PORT", "8001"))
    os.environ.setdefault("DATAVERSE_HOSTS", f"localhost:{sandbox_port}")
    app_port = int(os.environ.setdefault("APP_PORT", "8002"))
    os.environ.setdefault("APPLICATION_HOSTS", f"localhost:{app_port}")
    dns_port = int(os.environ.setdefault("SANDBOX_DNS_PORT", "8053"))
    os.environ.setdefault("DNS_RESOLVERS", f"127.0.0.1:{dns_port}")
    for number, variable in (
        (port, "PORT"),
        (sandbox_port, "SANDBOX_PORT"),
        (app_port, "APP_PORT"),
        (dns_port, "SANDBOX_DNS_PORT"),
    ):
        _refuse_taken_port(number, variable)
    registrations, records, scim_token = _fill(app_port)
    manager = Manager()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PORTICO_URL": f"http://localhost:{port}"}
    manager.add_process(
        "sandbox", f"{BIN}/python -m sandbox --port {sandbox_port} --dns-port {dns_port}", env=environment
    )
    manager.add_process("web", f"{BIN}/gunicorn wsgi:app", env=environment)
    manager.add_process("worker", f"{BIN}/flask --app wsgi worker", env=environment)
    manager.add_process("app", f"{BIN}/python -m demo.application", env=environment)
    if os.fork() == 0:
        _announce(port, sandbox_port, app_port, registrations, records, scim_token)
        os._exit(0)
    manager.loop()
    sys.exit(manager.returncode)


def _refuse_taken_port(port: int, variable: str) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            sys.exit(f"Port {port} is taken. Choose another: make demo {variable}={port + 1000}")


def _fill(app_port: int) -> tuple[list[Registration], dict[str, str], str]:
    """Migrates the database and, the first time, imports the companies.

    Returns what each connection has to be registered with at its directory, the TXT records of the domains, and the
    token with which Contoso's directory provisions people.
    """
    from flask_migrate import upgrade

    from app import create_app
    from app.cli.companies_file import actions, applications
    from app.cli.companies_file.schema import load
    from app.companies import queries as company_queries
    from app.companies.domains import queries as domains
    from app.connections import queries as connection_queries
    from app.core.unit_of_work import unit_of_work

    app = create_app()
    base = app.config["BASE_URL"]
    with app.app_context():
        upgrade()
        file = at_port(load(COMPANIES), app_port)
        with unit_of_work():
            if not company_queries.everything():
                actions.apply(file)
            else:
                # Its port may be another one today.
                applications.apply(file.model_copy(update={"companies": []}))
        registrations = [
            Registration(
                connection.tenant,
                connection.client_id,
                connection.flow,
                base + connection.redirect_path,
                base + connection.logout_path,
            )
            for company in company_queries.everything()
            for connection in connection_queries.drafts(company.id)
        ] + [Registration(CRM["tenant"], CRM["client_id"], "server", f"{base}/crm/callback")]
        records = {domain.record_name: domain.record_value for domain in domains.everything()}
        return registrations, records, _scim_token()


def _scim_token() -> str:
    """A token of Contoso's directory; the same at each start, as long as the data stays."""
    from app.companies import queries as company_queries
    from app.connections import queries as connection_queries
    from app.core.database import now
    from app.core.unit_of_work import unit_of_work
    from app.people import queries as people
    from app.provisioning.scim import actions as credentials
    from app.provisioning.scim.models import Method
    from app.settings import INSTANCE

    file = INSTANCE / "demo-scim-token"
    company = next(one for one in company_queries.everything() if one.name == "Contoso")
    connection = next(one for one in connection_queries.drafts(company.id) if one.tenant == CRM["tenant"])
    owner = people.by_sign_in_email(company.id, "owner@contoso.example")
    if not file.exists() and owner:
        expires = now().date() + timedelta(days=365)
        with unit_of_work():
            made = credentials.create(
                company.id, connection.id, str(connection.title), Method.TOKEN, expires, actor_id=owner.id
            )
        file.write_text(made or "")
    return file.read_text() if file.exists() else ""


def at_port(file: CompaniesFile, port: int) -> CompaniesFile:
    """The file, with the demo's own application on this port."""
    for application in file.applications:
        application.redirect_uris = [f"http://localhost:{port}/callback"]
        application.post_logout_redirect_uris = [f"http://localhost:{port}/"]
        application.backchannel_logout_uri = f"http://localhost:{port}/backchannel-logout"
        application.start_url = f"http://localhost:{port}/"
    return file


def register(sandbox: str, registration: Registration) -> None:
    """Adds the redirect URI. A draft may name no registration yet, or one that the sandbox does not have."""
    if not registration.tenant or not registration.client_id:
        return
    answer = requests.patch(
        f"{sandbox}/sandbox/api/tenants/{registration.tenant}/applications/{registration.client_id}",
        json={
            "redirect_uris": {"spa" if registration.flow == "spa" else "web": [registration.redirect_uri]},
            "logout_url": registration.logout_url,
        },
        timeout=5,
    )
    if answer.status_code != requests.codes.not_found:
        answer.raise_for_status()


def publish(sandbox: str, name: str, value: str) -> None:
    """Adds a TXT record, as an admin would at a DNS provider."""
    record = {"name": name, "values": [value]}
    requests.put(f"{sandbox}/sandbox/api/dns", json=record, timeout=5).raise_for_status()


def provision(sandbox: str, tenant: str, url: str, token: str) -> None:
    """Has the directory send its people and groups, now and after each click. An admin may have revoked the token."""
    api = f"{sandbox}/sandbox/api/tenants/{tenant}/provisioning"
    if requests.put(api, json={"url": url, "token": token}, timeout=60).ok:
        requests.post(f"{api}/cycle", timeout=60).raise_for_status()


def _announce(
    port: int,
    sandbox_port: int,
    app_port: int,
    registrations: list[Registration],
    records: dict[str, str],
    scim_token: str,
) -> None:
    """Registers the redirect URIs, publishes the records and starts provisioning as an admin would, then says where
    everything is.
    """
    sandbox, app = f"http://localhost:{sandbox_port}", f"http://localhost:{port}"
    _wait_for(f"{sandbox}/sandbox")
    for registration in registrations:
        register(sandbox, registration)
    for name, value in records.items():
        publish(sandbox, name, value)
    _wait_for(f"{app}/readyz")
    provision(sandbox, CRM["tenant"], f"{app}/scim/v2/?aadOptscim062020", scim_token)
    print(  # noqa: T201 - this is what the command is for
        f"""
  Portico is ready. Open

    {app}/login/contoso     where Contoso's people sign in
    {app}/login/fabrikam    where Fabrikam's do, on the page itself (MSAL.js)
    {app}/login/northwind   where Northwind Traders' do
    http://localhost:{app_port}           an application that signs people in through Portico
    {sandbox}/sandbox           the directory behind them, a stand-in for Microsoft's, with its drills

  Contoso's owner has a password: owner@contoso.example, {DEMO_SECRETS["DEMO_OWNER_PASSWORD"]}
  She can prove contoso.example at {app}/account/advanced/domains with a click: its record is in the simulated DNS.
  Contoso's directory provisions its people: disable one at {sandbox}/sandbox/people, and their session here ends.

  Or create a company of your own at {app}/signup, and connect it with the registration for newcomers:

    application (client) id   {NEWCOMERS["client_id"]}
    directory (tenant) id     {NEWCOMERS["tenant"]}
    client secret             {NEWCOMERS["secret"]}   (any day within two years)

  Its connection page then prints the one command that registers its redirect URI. Sign in as anyone at Contoso.

  As Contoso’s owner, {app}/crm connects Dynamics 365. Enter there

    application (client) id   {CRM["client_id"]}
    directory (tenant) id     {CRM["tenant"]}
    client secret             {CRM["secret"]}   (any day within two years)
    Application ID URI        https://localhost:{sandbox_port}

  Ctrl-C stops all of it; the data stays in instance/.
""",
        flush=True,
    )


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=2).status_code == 200:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    sys.exit(f"{url} did not answer within {READY_SECONDS} seconds; the lines above say why")


if __name__ == "__main__":
    main()
