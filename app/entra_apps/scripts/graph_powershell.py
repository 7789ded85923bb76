"""The registration with Microsoft Graph PowerShell."""

from app.entra.clouds import Cloud
from app.entra_apps.models import CredentialKind
from app.entra_apps.scripts.app_registration_spec import (
    GRAPH_ID,
    OPTIONAL_CLAIMS,
    USER_READ_ALL_ID,
    AppRegistrationSpec,
    der,
    names_of,
)
from app.entra_apps.scripts.quoting import powershell

PROPERTIES = "Id,AppId,Web,Spa,KeyCredentials,RequiredResourceAccess"


def graph_powershell(wanted: AppRegistrationSpec, cloud: Cloud) -> str:
    names = names_of(cloud)
    tenant = f" -TenantId {powershell(wanted.tenant)}" if wanted.tenant else ""
    environment = f" -Environment {names.graph_powershell}" if names else ""
    connect = f"Connect-MgGraph{tenant}{environment} -Scopes 'Application.ReadWrite.All' -NoWelcome"
    made = _update(wanted) if wanted.client_id else _create(wanted)
    return "\n".join([connect, *made, *_credential(wanted), '"Application (client) ID: $($app.AppId)"'])


def _create(wanted: AppRegistrationSpec) -> list[str]:
    claims = ", ".join(f"@{{ Name = '{name}' }}" for name in OPTIONAL_CLAIMS)
    web = [f"RedirectUris = @({powershell(uri)})" for uri in wanted.web]
    web += [f"LogoutUrl = {powershell(wanted.logout_uri)}"] if wanted.logout_uri else []
    granted = ", ".join(f"@{{ Id = '{id_}'; Type = '{kind}' }}" for id_, kind in wanted.permissions)
    access = f"@{{ ResourceAppId = '{GRAPH_ID}'; ResourceAccess = @({granted}) }}"
    return [
        f"$app = New-MgApplication -DisplayName {powershell(wanted.name)} -SignInAudience AzureADMyOrg `",
        *([f"  -Web @{{ {'; '.join(web)} }} `"] if web else []),
        *(f"  -Spa @{{ RedirectUris = @({powershell(uri)}) }} `" for uri in wanted.single_page),
        f"  -OptionalClaims @{{ IdToken = @({claims}) }} `",
        f"  -RequiredResourceAccess @({access})",
        "$null = New-MgServicePrincipal -AppId $app.AppId",
    ]


def _update(wanted: AppRegistrationSpec) -> list[str]:
    """Adds to the registered URIs; setting the value alone would replace them."""

    def joined(platform: str, uri: str) -> str:
        return (
            f"Update-MgApplication -ApplicationId $app.Id -{platform} "
            f"@{{ RedirectUris = @(@($app.{platform}.RedirectUris) + {powershell(uri)} | Select-Object -Unique) }}"
        )

    application = powershell(wanted.client_id)
    return [
        f"$app = Get-MgApplicationByAppId -AppId {application} -Property {PROPERTIES}",
        *(joined("Web", uri) for uri in wanted.web),
        *(joined("Spa", uri) for uri in wanted.single_page),
        *([_logout(wanted.logout_uri)] if wanted.logout_uri else []),
        *(_application_permission() if wanted.reads_users else []),
    ]


def _application_permission() -> list[str]:
    """Adds to the registered permissions; setting the value alone would replace them."""
    return [
        f"$others = @($app.RequiredResourceAccess | Where-Object {{ $_.ResourceAppId -ne '{GRAPH_ID}' }})",
        f"$graph = @($app.RequiredResourceAccess | Where-Object {{ $_.ResourceAppId -eq '{GRAPH_ID}' }} | "
        f"ForEach-Object {{ $_.ResourceAccess }} | Where-Object {{ $_.Id -ne '{USER_READ_ALL_ID}' }})",
        "Update-MgApplication -ApplicationId $app.Id -RequiredResourceAccess ($others + "
        f"@{{ ResourceAppId = '{GRAPH_ID}'; ResourceAccess = @($graph + "
        f"@{{ Id = '{USER_READ_ALL_ID}'; Type = 'Role' }}) }})",
        "'Now grant admin consent for User.Read.All under API permissions.'",
    ]


def _logout(uri: str) -> str:
    return f"Update-MgApplication -ApplicationId $app.Id -Web @{{ LogoutUrl = {powershell(uri)} }}"


def _credential(wanted: AppRegistrationSpec) -> list[str]:
    match wanted.credential:
        case CredentialKind.SECRET:
            expires = wanted.secret_expires.isoformat()
            return [
                "$secret = Add-MgApplicationPassword -ApplicationId $app.Id -PasswordCredential "
                f"@{{ DisplayName = 'Portico'; EndDateTime = '{expires}T00:00:00Z' }}",
                '"Client secret: $($secret.SecretText)"',
                f'"Expires: {expires}"',
            ]
        case CredentialKind.CERTIFICATE if wanted.certificate:
            return [
                f"$key = [Convert]::FromBase64String({powershell(der(wanted.certificate))})",
                "$keys = @($app.KeyCredentials | Where-Object { $_ }) + "
                "@{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $key }",
                "Update-MgApplication -ApplicationId $app.Id -KeyCredentials $keys",
            ]
        case CredentialKind.FEDERATED:
            trust = wanted.federation
            return [
                "$null = New-MgApplicationFederatedIdentityCredential -ApplicationId $app.Id "
                f"-Name {powershell(wanted.federated_name)} -Issuer {powershell(trust.issuer)} "
                f"-Subject {powershell(trust.subject)} -Audiences @({powershell(trust.audience)})"
            ]
        case _:
            return []
