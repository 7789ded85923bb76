"""The registration as a file for Terraform, formatted as `terraform fmt` would."""

from app.entra.clouds import Cloud
from app.entra_apps.models import CredentialKind
from app.entra_apps.scripts.app_registration_spec import (
    GRAPH_ID,
    OPTIONAL_CLAIMS,
    AppRegistrationSpec,
    der,
    names_of,
)
from app.entra_apps.scripts.quoting import hcl

APPLICATION = "azuread_application.portico"


def terraform(wanted: AppRegistrationSpec, cloud: Cloud) -> str:
    names = names_of(cloud)
    provider = {"tenant_id": wanted.tenant, "environment": names.terraform if names else ""}
    source = _block("azuread =", _values(source=hcl("hashicorp/azuread"), version=hcl("~> 3.0")))
    blocks = [
        _block("terraform", _block("required_providers", source)),
        _block('provider "azuread"', _values(**{name: hcl(value) for name, value in provider.items() if value})),
        _application(wanted),
        _block('resource "azuread_service_principal" "portico"', _values(client_id=f"{APPLICATION}.client_id")),
        *_credential(wanted),
        _block('output "client_id"', _values(value=f"{APPLICATION}.client_id")),
    ]
    return "\n\n".join(blocks)


def _application(wanted: AppRegistrationSpec) -> str:
    web = {"logout_url": hcl(wanted.logout_uri)} if wanted.logout_uri else {}
    if wanted.web:
        web["redirect_uris"] = f"[{', '.join(map(hcl, wanted.web))}]"
    return _block(
        'resource "azuread_application" "portico"',
        _values(display_name=hcl(wanted.name), sign_in_audience=hcl("AzureADMyOrg")),
        *([_block("web", _values(**web))] if web else []),
        *(_block("single_page_application", _values(redirect_uris=f"[{hcl(uri)}]")) for uri in wanted.single_page),
        _block("optional_claims", *(_block("id_token", _values(name=hcl(name))) for name in OPTIONAL_CLAIMS)),
        _block(
            "required_resource_access",
            _values(resource_app_id=hcl(GRAPH_ID)),
            *(_block("resource_access", _values(id=hcl(id_), type=hcl(kind))) for id_, kind in wanted.permissions),
        ),
    )


def _credential(wanted: AppRegistrationSpec) -> list[str]:
    match wanted.credential:
        case CredentialKind.SECRET:
            expires = hcl(f"{wanted.secret_expires.isoformat()}T00:00:00Z")
            return [
                _resource("password", display_name=hcl("Portico"), end_date=expires),
                _block(
                    'output "client_secret"',
                    _values(value="azuread_application_password.portico.value", sensitive="true"),
                ),
            ]
        case CredentialKind.CERTIFICATE if wanted.certificate:
            content = hcl(der(wanted.certificate))
            return [_resource("certificate", type=hcl("AsymmetricX509Cert"), encoding=hcl("base64"), value=content)]
        case CredentialKind.FEDERATED:
            trust = wanted.federation
            return [
                _resource(
                    "federated_identity_credential",
                    display_name=hcl(wanted.federated_name),
                    issuer=hcl(trust.issuer),
                    subject=hcl(trust.subject),
                    audiences=f"[{hcl(trust.audience)}]",
                )
            ]
        case _:
            return []


def _resource(kind: str, **values: str) -> str:
    """A resource that belongs to the application."""
    return _block(
        f'resource "azuread_application_{kind}" "portico"', _values(application_id=f"{APPLICATION}.id", **values)
    )


def _block(head: str, *bodies: str) -> str:
    lines = "\n\n".join(filter(None, bodies)).splitlines()
    return "\n".join([f"{head} {{", *(f"  {line}" if line else "" for line in lines), "}"])


def _values(**values: str) -> str:
    """Assignments with aligned equals signs."""
    widest = max(map(len, values), default=0)
    return "\n".join(f"{name:<{widest}} = {value}" for name, value in values.items())
