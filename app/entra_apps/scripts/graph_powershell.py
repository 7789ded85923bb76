"""The registration with Microsoft Graph PowerShell."""

from app.entra.clouds import Cloud
from app.entra_apps.models import CredentialKind
from app.entra_apps.scripts.app_registration_spec import (
    GRAPH_ID,
    OPTIONAL_CLAIMS,
    USER_READ_ID,
    AppRegistrationSpec,
    der,
    names_of,
)
from app.entra_apps.scripts.quoting import powershell


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
    access = f"@{{ ResourceAppId = '{GRAPH_ID}'; ResourceAccess = @(@{{ Id = '{USER_READ_ID}'; Type = 'Scope' }}) }}"
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
        f"$app = Get-MgApplicationByAppId -AppId {application} -Property Id,AppId,Web,Spa,KeyCredentials",
        *(joined("Web", uri) for uri in wanted.web),
        *(joined("Spa", uri) for uri in wanted.single_page),
        *([_logout(wanted.logout_uri)] if wanted.logout_uri else []),
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
