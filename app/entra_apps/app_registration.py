"""The application registration at Microsoft that a connection needs, and where to enter it.

Pure functions.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

from app.connections.models import Draft, Flow
from app.core.text import sanitize
from app.core.translation import gettext as _
from app.entra import NATIONAL, Cloud
from app.entra_apps import certificates
from app.entra_apps.models import CredentialKind
from app.entra_apps.scripts.app_registration_spec import AppRegistrationSpec, Federation
from app.entra_apps.scripts.azure_cli import azure_cli
from app.entra_apps.scripts.graph_powershell import graph_powershell
from app.entra_apps.scripts.sandbox import sandbox
from app.entra_apps.scripts.terraform import terraform

WEB = "Web"
SINGLE_PAGE = "Single-page application"
PERMISSION = "User.Read"
SECRET_LIFE = timedelta(days=365)
"""The lifetime that the commands request; Microsoft recommends at most a year, and many directories allow no longer
one.
"""

ADMIN_CENTERS = {
    NATIONAL["public"].authority: "https://entra.microsoft.com",
    NATIONAL["usgov"].authority: "https://entra.microsoft.us",
    NATIONAL["china"].authority: "https://entra.microsoftonline.cn",
}
"""https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud"""


@dataclass(frozen=True)
class Address:
    """A redirect URI and its platform."""

    platform: str
    uri: str


@dataclass(frozen=True)
class Pages:
    """Pages of the Entra admin center; those of the application only once its id is known."""

    register: str
    enterprise_applications: str
    overview: str | None = None
    authentication: str | None = None
    credentials: str | None = None
    permissions: str | None = None


@dataclass(frozen=True)
class Script:
    """Commands for one tool."""

    tool: str
    what: str
    """What they do, and where to run them."""
    text: str


@dataclass(frozen=True)
class Registration:
    """Everything that a person pastes, and the commands that do it in one go."""

    name: str
    is_known: bool
    """Whether its directory and application ids are entered already."""
    addresses: tuple[Address, ...]
    sign_out_uri: str
    permission: str
    credential: str | None
    """The kind of credential to enter; None if none is needed."""
    federation: Federation
    pages: Pages
    scripts: tuple[Script, ...]


def registration_guide(draft: Draft, base_url: str, cloud: Cloud, today: date | None = None) -> Registration:
    """The registration for a draft in its current state, which may be incomplete."""
    wanted = _spec(draft, base_url, cloud, (today or datetime.now(UTC).date()) + SECRET_LIFE)
    addresses = (
        *(Address(WEB, uri) for uri in wanted.web),
        *(Address(SINGLE_PAGE, uri) for uri in wanted.single_page),
    )
    return Registration(
        name=wanted.name,
        is_known=bool(draft.tenant and draft.client_id),
        addresses=addresses,
        # Microsoft returns only to a registered URI, and ours handle a request without parameters.
        sign_out_uri=base_url + draft.redirect_path,
        permission=PERMISSION,
        credential=wanted.credential,
        federation=wanted.federation,
        pages=_pages(draft.tenant, draft.client_id, cloud),
        scripts=_scripts(wanted, cloud),
    )


def _spec(draft: Draft, base_url: str, cloud: Cloud, secret_expires: date) -> AppRegistrationSpec:
    newest = draft.credentials[-1] if draft.credentials else None
    on_server = draft.flow == Flow.SERVER
    return AppRegistrationSpec(
        tenant=draft.tenant,
        client_id=draft.client_id,
        name=f"Portico: {sanitize(draft.title)}",
        # With a credential the server-side flow is the fallback for pages without JavaScript.
        web=(base_url + draft.web_path,) if on_server or newest else (),
        single_page=() if on_server else (base_url + draft.single_page_path,),
        credential=newest.kind if newest else CredentialKind.SECRET if on_server else None,
        certificate=newest.certificate if newest else None,
        federation=Federation(certificates.issuer(base_url, draft.public_id), draft.public_id, cloud.exchange_audience),
        secret_expires=secret_expires,
    )


def _scripts(wanted: AppRegistrationSpec, cloud: Cloud) -> tuple[Script, ...]:
    """The registration for each tool; for the sandbox directory a single command."""
    does = _("Updates the app registration.") if wanted.client_id else _("Creates the app registration.")
    bash, powershell = _("For Bash, as in Azure Cloud Shell."), _("For PowerShell 5.1 or newer.")
    scripts = (
        Script("Azure CLI", f"{does} {bash}", azure_cli(wanted, cloud)),
        Script("Microsoft Graph PowerShell", f"{does} {powershell}", graph_powershell(wanted, cloud)),
        Script("Terraform", _("Creates a new app registration. Save it as portico.tf."), terraform(wanted, cloud)),
    )
    if cloud.plain_loopback and wanted.tenant and wanted.client_id:
        updates = _("Updates the app registration in the simulated directory.")
        return (Script("Sandbox", updates, sandbox(wanted, cloud)), *scripts)
    return scripts


def admin_center(cloud: Cloud) -> str:
    """The URL of the site where applications are registered."""
    if cloud.plain_loopback:
        # The sandbox has one page for everything.
        return f"{cloud.browser_origin}/"
    return ADMIN_CENTERS.get(cloud.authority, ADMIN_CENTERS[NATIONAL["public"].authority])


def _pages(tenant: str, client_id: str, cloud: Cloud) -> Pages:
    if cloud.plain_loopback:
        home = admin_center(cloud)
        return Pages(home, home, overview=home)
    center = admin_center(cloud)
    # With the directory in the path, an admin of several directories gets the right one.
    root = f"{center}/{quote(tenant, safe='')}/#view" if tenant else f"{center}/#view"
    register = f"{root}/Microsoft_AAD_RegisteredApps/CreateApplicationBlade/quickStartType~/null/isMSAApp~/false"
    # An enterprise application's page is identified by an object id, which is not entered here.
    enterprise_applications = f"{root}/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview"
    if not client_id:
        return Pages(register, enterprise_applications)

    def page(name: str) -> str:
        application = quote(client_id, safe="")
        return f"{root}/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/{name}/appId/{application}"

    return Pages(
        register,
        enterprise_applications,
        overview=page("Overview"),
        authentication=page("Authentication"),
        credentials=page("Credentials"),
        permissions=page("CallAnAPI"),
    )
