"""The registration with the Azure CLI, for Bash and zsh. No line contains a comment: zsh would run it as a command."""

import json

from app.entra.clouds import Cloud
from app.entra_apps.models import CredentialKind
from app.entra_apps.scripts.app_registration_spec import (
    GRAPH_ID,
    OPTIONAL_CLAIMS,
    AppRegistrationSpec,
    compact,
    names_of,
)
from app.entra_apps.scripts.quoting import bash

CLAIMS = {"idToken": [{"name": name} for name in OPTIONAL_CLAIMS]}


def azure_cli(wanted: AppRegistrationSpec, cloud: Cloud) -> str:
    names = names_of(cloud)
    permissions = " ".join(f"{id_}={kind}" for id_, kind in wanted.permissions)
    tenant = f" --tenant {bash(wanted.tenant)}" if wanted.tenant else ""
    lines = [
        *([f"az cloud set --name {names.azure_cli}"] if names else []),
        f"az login{tenant} --allow-no-subscriptions --output none",
    ]
    if wanted.client_id:
        lines += [
            f"app_id={bash(wanted.client_id)}",
            *(_web(uri) for uri in wanted.web),
            f'az ad app permission add --id "$app_id" --api {GRAPH_ID} --api-permissions {permissions}',
        ]
    else:
        lines += [
            f"app_id=$(az ad app create --display-name {bash(wanted.name)} --sign-in-audience AzureADMyOrg \\",
            *(f"  --web-redirect-uris {bash(uri)} \\" for uri in wanted.web),
            f"  --required-resource-accesses {bash(compact(_access(wanted)))} \\",
            f"  --optional-claims {bash(compact(CLAIMS))} \\",
            "  --query appId --output tsv)",
            'az ad sp create --id "$app_id" --output none',
        ]
    lines += [line for uri in wanted.single_page for line in _single_page(uri, cloud)]
    if wanted.logout_uri:
        lines.append(_patch(bash(compact({"web": {"logoutUrl": wanted.logout_uri}})), cloud))
    lines += _credential(wanted)
    lines.append("printf 'Application (client) ID: %s\\n' \"$app_id\"")
    if wanted.reads_users:
        lines.append('az ad app permission admin-consent --id "$app_id"')
    return "\n".join(lines)


def _access(wanted: AppRegistrationSpec) -> list[dict[str, object]]:
    granted = [{"id": id_, "type": kind} for id_, kind in wanted.permissions]
    return [{"resourceAppId": GRAPH_ID, "resourceAccess": granted}]


def _web(uri: str) -> str:
    """Adds to the registered URIs; setting the value alone would replace them."""
    others = f'az ad app show --id "$app_id" --query {bash(f"web.redirectUris[?@ != {_jmespath(uri)}]")} --output tsv'
    return f'az ad app update --id "$app_id" --web-redirect-uris $({others}) {bash(uri)}'


def _single_page(uri: str, cloud: Cloud) -> tuple[str, str]:
    """The Azure CLI has no option for this platform."""
    literal = _jmespath(uri)
    query = f"{{spa: {{redirectUris: [spa.redirectUris[?@ != {literal}], [{literal}]][]}}}}"
    return (
        f'addresses=$(az ad app show --id "$app_id" --query {bash(query)} --output json)',
        _patch('"$addresses"', cloud),
    )


def _patch(body: str, cloud: Cloud) -> str:
    """Sets these of the registration's properties; the others stay."""
    return (
        f"az rest --method PATCH --url {bash(f'{cloud.graph}/v1.0/applications')}\"(appId='$app_id')\""
        f" --headers Content-Type=application/json --body {body}"
    )


def _credential(wanted: AppRegistrationSpec) -> list[str]:
    reset = 'az ad app credential reset --id "$app_id" --append'
    match wanted.credential:
        case CredentialKind.SECRET:
            expires = wanted.secret_expires.isoformat()
            return [
                f"secret=$({reset} --display-name Portico --end-date {expires} --query password --output tsv)",
                f"printf 'Client secret: %s\\nExpires: {expires}\\n' \"$secret\"",
            ]
        case CredentialKind.CERTIFICATE if wanted.certificate:
            return [f"{reset} --output none --cert={bash(wanted.certificate.strip())}"]
        case CredentialKind.FEDERATED:
            trust = compact(
                {
                    "name": wanted.federated_name,
                    "issuer": wanted.federation.issuer,
                    "subject": wanted.federation.subject,
                    "audiences": [wanted.federation.audience],
                }
            )
            return [f'az ad app federated-credential create --id "$app_id" --output none --parameters {bash(trust)}']
        case _:
            return []


def _jmespath(text: str) -> str:
    return "`" + json.dumps(text).replace("`", "\\`") + "`"
