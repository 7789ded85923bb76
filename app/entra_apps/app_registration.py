"""The registration that an application needs at Microsoft, and where to enter it.

Pure functions.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from app.core.translation import gettext as _
from app.entra.clouds import NATIONAL, Cloud
from app.entra_apps.certificates import Federation
from app.entra_apps.scripts.app_registration_spec import OPTIONAL_CLAIMS, AppRegistrationSpec
from app.entra_apps.scripts.azure_cli import azure_cli
from app.entra_apps.scripts.graph_powershell import graph_powershell
from app.entra_apps.scripts.sandbox import sandbox
from app.entra_apps.scripts.terraform import terraform

WEB = "Web"
SINGLE_PAGE = "Single-page application"
PERMISSION = "User.Read"
APPLICATION_PERMISSION = "User.Read.All"
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
    logout_uri: str | None
    """What Microsoft calls when someone signs out there; None if it would refuse the URL."""
    optional_claims: tuple[str, ...]
    permission: str
    application_permission: str | None
    """Beside it, of the application itself; None if none is needed."""
    credential: str | None
    """The kind of credential to enter; None if none is needed."""
    federation: Federation
    pages: Pages
    scripts: tuple[Script, ...]


def registration_guide(wanted: AppRegistrationSpec, cloud: Cloud) -> Registration:
    """The registration with the commands for each tool; what is wanted may be incomplete."""
    addresses = (
        *(Address(WEB, uri) for uri in wanted.web),
        *(Address(SINGLE_PAGE, uri) for uri in wanted.single_page),
    )
    return Registration(
        name=wanted.name,
        is_known=bool(wanted.tenant and wanted.client_id),
        addresses=addresses,
        logout_uri=wanted.logout_uri,
        optional_claims=OPTIONAL_CLAIMS,
        permission=PERMISSION,
        application_permission=APPLICATION_PERMISSION if wanted.reads_users else None,
        credential=wanted.credential,
        federation=wanted.federation,
        pages=_pages(wanted.tenant, wanted.client_id, cloud),
        scripts=_scripts(wanted, cloud),
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
