"""Parses and validates requests to the authorization endpoint.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code
"""

from dataclasses import dataclass
from typing import get_args
from urllib.parse import urlencode, urlsplit

from flask import Response, redirect, render_template
from werkzeug.datastructures import MultiDict

from sandbox.aadsts import Refused
from sandbox.journal import note
from sandbox.model import Application, Platform, Tenant
from sandbox.refusals import mention
from sandbox.scopes import parse
from sandbox.state import sandbox

ANY_TENANT = ("common", "organizations", "consumers")
PROMPTS = ("", "login", "none", "consent", "select_account")
RESPONSE_MODES = ("query", "fragment", "form_post")


@dataclass(frozen=True)
class Return:
    """The registered redirect URI and the response mode."""

    redirect_uri: str
    platform: Platform
    mode: str
    state: str | None

    @property
    def origin(self) -> str:
        """Scheme, host and port of the redirect URI."""
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"

    def url(self, parameters: dict[str, str]) -> str:
        """The redirect URI with the response in its query or fragment."""
        encoded = urlencode(self._fields(parameters))
        mark = "#" if self.mode == "fragment" else "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{mark}{encoded}"

    def send(self, parameters: dict[str, str]) -> Response:
        """The response: a redirect, or for `form_post` a page that submits itself."""
        if self.mode == "form_post":
            page = render_template("form_post.html", action=self.redirect_uri, fields=self._fields(parameters))
            return Response(page)
        return redirect(self.url(parameters))  # type: ignore[return-value]

    def _fields(self, parameters: dict[str, str]) -> dict[str, str]:
        return parameters if self.state is None else parameters | {"state": self.state}


@dataclass(frozen=True)
class AuthorizationRequest:
    """A valid request."""

    tenant: Tenant
    application: Application
    back: Return
    scopes: tuple[str, ...]
    nonce: str | None
    prompt: str
    login_hint: str
    challenge: str | None
    challenge_method: str
    wants_client_info: bool
    max_age: int | None
    """Seconds after which a session must not be used for the request."""

    @property
    def wants_fresh_sign_in(self) -> bool:
        """Whether the person has to sign in again even if there is a session."""
        return self.prompt == "login" or self.max_age is not None


def redirect_platform(application: Application, uri: str) -> Platform | None:
    """The platform for which `uri` is registered: an exact match, except for the port of http://localhost.

    https://learn.microsoft.com/entra/identity-platform/reply-url#localhost-exceptions
    """
    for platform in get_args(Platform):
        if any(_same(uri, registered) for registered in application.redirect_uris.get(platform, ())):
            return platform  # type: ignore[no-any-return]
    return None


def _same(uri: str, registered: str) -> bool:
    return uri == registered or _without_local_port(uri) == _without_local_port(registered)


def _without_local_port(uri: str) -> str:
    parts = urlsplit(uri)
    return parts._replace(netloc="localhost").geturl() if parts.hostname == "localhost" and not parts.username else uri


def read_return(tenant_name: str, parameters: MultiDict[str, str]) -> tuple[Tenant, Application, Return]:
    """Tenant, application and redirect URI; raises Refused, which must be shown as a page."""
    client_id = parameters.get("client_id", "")
    mention(app=client_id, tenant=tenant_name, redirect_uri=parameters.get("redirect_uri", ""))
    note(client_id=client_id, prompt=parameters.get("prompt"))
    if not client_id:
        raise Refused(900144, parameter="client_id")
    if tenant_name.lower() in ANY_TENANT:
        raise Refused(50194)
    tenant = sandbox().directory.tenant(tenant_name)
    mention(tenant_name=tenant.name)
    note(tid=tenant.tid)
    if tenant.national_cloud:
        raise Refused(90038, cloud=tenant.national_cloud)
    application = sandbox().directory.application(tenant, client_id)
    mention(app_name=application.name)
    uri = parameters.get("redirect_uri", "")
    if not uri:
        raise Refused(900971)
    platform = redirect_platform(application, uri)
    if platform is None:
        raise Refused(50011)
    mode = parameters.get("response_mode", "query")
    if mode not in RESPONSE_MODES:
        raise Refused(90023, parameter="response_mode")
    return tenant, application, Return(uri, platform, mode, parameters.get("state"))


def read_request(
    tenant: Tenant, application: Application, back: Return, parameters: MultiDict[str, str]
) -> AuthorizationRequest:
    """The rest of the request; raises Refused."""
    response_type = parameters.get("response_type", "")
    if not response_type:
        raise Refused(900144, parameter="response_type")
    if response_type != "code":
        raise Refused(700054, response_type=response_type)
    prompt = parameters.get("prompt", "")
    if prompt not in PROMPTS:
        raise Refused(90023, parameter="prompt")
    method = parameters.get("code_challenge_method", "plain")
    if method not in ("plain", "S256"):
        raise Refused(90023, parameter="code_challenge_method")
    return AuthorizationRequest(
        tenant=tenant,
        application=application,
        back=back,
        scopes=parse(parameters.get("scope", ""), sandbox().addresses.server),
        nonce=parameters.get("nonce"),
        prompt=prompt,
        login_hint=parameters.get("login_hint", ""),
        challenge=parameters.get("code_challenge"),
        challenge_method=method,
        wants_client_info=parameters.get("client_info") == "1",
        max_age=_seconds(parameters.get("max_age", "")),
    )


def _seconds(max_age: str) -> int | None:
    if not max_age:
        return None
    if not (max_age.isascii() and max_age.isdigit()):
        raise Refused(90023, parameter="max_age")
    return int(max_age[:9])
