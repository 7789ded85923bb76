"""`flask applications …`."""

import os
from contextlib import ExitStack
from dataclasses import replace

import click
from flask import current_app
from flask.cli import AppGroup

from app.applications import actions, queries, uris
from app.applications.forward_auth import actions as forward_auth
from app.applications.forward_auth import cookies, proxy_config
from app.applications.forward_auth.proxy_check.examination import Outcome, Target, examine
from app.applications.forward_auth.proxy_check.listener import Listener
from app.applications.models import Application, Authentication, IdTokenAlgorithm, Kind, UriUse
from app.companies import codes
from app.companies import queries as companies
from app.companies.models import Company
from app.core.text import sanitize_name
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.cookies import host_cookie
from app.origins import canonical

COOKIE_VARIABLE = "PORTICO_COOKIE"
"""A command line would show the cookie to every process."""
KINDS = [kind.value for kind in Kind]

applications = AppGroup("applications", help="Applications that sign people in through Portico.")


@applications.command("create")
@click.argument("name")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="May be given several times.")
@click.option("--start-url", help="Where people open it; of a forward-auth application its host, too.")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default=Kind.SERVER.value,
    help="public: without a secret; forward-auth: behind a proxy.",
)
@click.option("--jwks-uri", help="Where it publishes its keys (private_key_jwt); it gets no client secret then.")
@click.option(
    "--id-token-alg",
    type=click.Choice([*IdTokenAlgorithm]),
    default=IdTokenAlgorithm.RS256.value,
    show_default=True,
    help="How its ID tokens are signed.",
)
@click.option("--company", "code", help="The login code of the company it belongs to; without it, all companies.")
def create(
    name: str,
    redirect_uris: tuple[str, ...],
    start_url: str | None,
    kind: str,
    jwks_uri: str | None,
    id_token_alg: str,
    code: str | None,
) -> None:
    """Registers an application; prints the three values that it needs, or the client ID if a proxy protects it."""
    cleaned = sanitize_name(name)
    if cleaned is None:
        raise click.BadParameter(_("must not be empty"), param_hint="NAME")
    _check_addresses(kind, redirect_uris, start_url, jwks_uri)
    company = companies.by_code(codes.normal(code)) if code else None
    if code and company is None:
        raise click.ClickException(_("no company has the login code %(code)s", code=code))
    with unit_of_work():
        if kind == Kind.FORWARD_AUTH:
            application, secret = _create_protected(cleaned, company, start_url or ""), None
        else:
            application = actions.create(name=cleaned, company_id=company.id if company else None)
            method = _method(kind, jwks_uri)
            actions.change(
                application,
                kind=kind,
                authentication=method,
                start_url=start_url,
                jwks_uri=jwks_uri,
                id_token_signed_response_alg=id_token_alg,
            )
            actions.set_uris(application, UriUse.REDIRECT, list(redirect_uris))
            secret = actions.add_secret(application) if method == Authentication.SECRET else None
    _show_created(application, secret)


@applications.command("list")
def show() -> None:
    """Every application with its client ID and redirect URIs."""
    for application in queries.everything():
        values = {"name": application.name, "kind": application.kind, "client": application.client_id}
        if application.is_enabled:
            click.echo(_("%(name)s: %(kind)s, client ID %(client)s", **values))
        else:
            click.echo(_("%(name)s (disabled): %(kind)s, client ID %(client)s", **values))
        for uri in application.uris_for(UriUse.REDIRECT):
            click.echo(f"  {uri}")


@applications.command("rotate-secret")
@click.argument("client_id")
def rotate_secret(client_id: str) -> None:
    """Prints a new client secret; the present one works for another 7 days."""
    with unit_of_work():
        application = _application(client_id)
        secret = actions.add_secret(application)
    click.echo(secret)
    click.echo(
        _("The secret is shown only now. The previous one expires in %(days)s days.", days=actions.ROTATION.days),
        err=True,
    )


@applications.command("proxy-config")
@click.argument("client_id")
@click.option("--proxy", type=click.Choice([*proxy_config.FILES]), default="nginx", show_default=True)
@click.option("--upstream", default=proxy_config.DEFAULT_UPSTREAM, show_default=True, help="The application’s server.")
@click.option("--portico", "portico", help="Where the proxy reaches Portico, if not at BASE_URL.")
@click.option("--preflights", is_flag=True, help="Let CORS preflights past, which have no cookies.")
def show_proxy_config(client_id: str, proxy: str, upstream: str, portico: str | None, preflights: bool) -> None:
    """Prints the configuration of the reverse proxy in front of a forward-auth application."""
    application = _protected(client_id)
    base_url = current_app.config["BASE_URL"]
    try:
        site = proxy_config.Site(
            client_id=application.client_id,
            origin=application.origin or "",
            base_url=base_url,
            portico=canonical(portico or base_url),
            upstream=canonical(upstream),
            passes_preflights=preflights,
        )
    except ValueError:
        raise click.UsageError(_("--upstream and --portico take an origin such as http://127.0.0.1:3000.")) from None
    click.echo(proxy_config.render(proxy, site), nl=False)


@applications.command("check")
@click.argument("client_id")
@click.option("--port", "ports", type=click.IntRange(1, 65535), multiple=True, help="Must not answer past the proxy.")
@click.option(
    "--listen", metavar="HOST:PORT", help="Take the stopped application’s place, to see what it would receive."
)
def check(client_id: str, ports: tuple[int, ...], listen: str | None) -> None:
    """Attacks the proxy of a forward-auth application, and reports.

    Run it on another machine than the application’s, so that --port, a port of the application’s host, means something.
    With --listen it asks for the value of the cookie __Host-portico in your browser, after you signed in to the
    application (or takes it from PORTICO_COOKIE), and sends it to the proxy.
    """
    application = _protected(client_id)
    base_url = current_app.config["BASE_URL"]
    target = Target(client_id, application.origin or "", base_url, ports=ports)
    with ExitStack() as stack:
        listener = None
        if listen:
            listener = stack.enter_context(_listener(listen))
            name = host_cookie(cookies.NAME, secure=current_app.config["SESSION_COOKIE_SECURE"])
            value = os.environ.get(COOKIE_VARIABLE) or click.prompt(_("Value of %(name)s", name=name), hide_input=True)
            target = replace(target, cookie=f"{name}={value}; theme=dark")
        outcomes = set()
        for finding in examine(target, listener):
            click.echo(f"{finding.outcome:<4}  {finding.name}{f': {finding.text}' if finding.text else ''}")
            outcomes.add(finding.outcome)
    if Outcome.FAILED in outcomes:
        raise click.exceptions.Exit(1)


def _listener(address: str) -> Listener:
    """Raises click.ClickException."""
    host, _colon, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise click.BadParameter(_("must be HOST:PORT, such as 127.0.0.1:3000"), param_hint="--listen")
    try:
        return Listener(host, int(port))
    except OSError as error:
        reason = error.strerror
        raise click.ClickException(
            _("can’t listen on %(address)s: %(reason)s; stop the application first", address=address, reason=reason)
        ) from None


def _protected(client_id: str) -> Application:
    """Raises click.ClickException."""
    application = queries.by_client_id(client_id)
    if application is None or application.kind != Kind.FORWARD_AUTH:
        raise click.ClickException(_("no forward-auth application has the client ID %(client)s", client=client_id))
    return application


def _method(kind: str, jwks_uri: str | None) -> Authentication:
    if kind == Kind.PUBLIC:
        return Authentication.NONE
    return Authentication.PRIVATE_KEY_JWT if jwks_uri else Authentication.SECRET


def _check_addresses(kind: str, redirect_uris: tuple[str, ...], start_url: str | None, jwks_uri: str | None) -> None:
    """Raises click.UsageError."""
    if jwks_uri and kind != Kind.SERVER:
        raise click.UsageError(_("--jwks-uri is for --kind server; the others don’t authenticate."))
    if jwks_uri and (fault := uris.fault(jwks_uri)):
        raise click.BadParameter(_("%(value)s: %(fault)s", value=jwks_uri, fault=fault), param_hint="--jwks-uri")
    for uri in redirect_uris:
        if fault := uris.fault(uri):
            raise click.BadParameter(_("%(value)s: %(fault)s", value=uri, fault=fault), param_hint="--redirect-uri")
    if start_url and (fault := uris.fault(start_url)):
        raise click.BadParameter(_("%(value)s: %(fault)s", value=start_url, fault=fault), param_hint="--start-url")
    if kind == Kind.FORWARD_AUTH:
        if redirect_uris or not start_url:
            raise click.UsageError(_("A forward-auth application has a --start-url and no --redirect-uri."))
    elif not redirect_uris:
        raise click.UsageError(_("Add --redirect-uri."))


def _create_protected(name: str, company: Company | None, start_url: str) -> Application:
    """For the company's people, but its admins don't manage it: its host is the operator's.

    Raises click.ClickException, which rolls back.
    """
    application = actions.create(name=name)
    try:
        forward_auth.protect(application, start_url)
    except forward_auth.OriginTaken as other:
        raise click.ClickException(
            _("%(other)s has this host; each forward-auth application needs its own", other=other)
        ) from None
    actions.set_companies(application, [company.id] if company else None)
    return application


def _show_created(application: Application, secret: str | None) -> None:
    values = {_("issuer"): current_app.config["BASE_URL"], _("client ID"): application.client_id}
    if secret:
        values[_("client secret")] = secret
    for title, value in values.items():
        click.echo(f"{title:<13}  {value}")
    if secret:
        click.echo(_("The secret is shown only now."), err=True)


def _application(client_id: str) -> Application:
    application = queries.by_client_id(client_id)
    if application is None:
        raise click.ClickException(
            _("no application has the client ID %(client)s; `flask applications list` shows all", client=client_id)
        )
    if not application.has_secrets:
        raise click.ClickException(
            _("this application authenticates with %(method)s, not a secret", method=application.authentication)
        )
    return application
