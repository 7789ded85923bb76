"""What this endpoint is able to do: ServiceProviderConfig, ResourceTypes and Schemas (RFC 7644, section 4)."""

from typing import Any

from flask import Response, current_app
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Context,
    ETag,
    Filter,
    Meta,
    Patch,
    Reference,
    Resource,
    ResourceType,
    Schema,
    ServiceProviderConfig,
    Sort,
)

from app.http.access import LARGEST_BODY
from app.provisioning.scim.endpoint import answer, for_directory
from app.provisioning.scim.errors import ScimError
from app.provisioning.scim.listing import LARGEST_PAGE, list_answer
from app.provisioning.scim.queries import Directory
from app.provisioning.scim.resources import EnterpriseUser, Group, User

NAMES: dict[type[Resource[Any]], tuple[str, str]] = {
    User: ("User", "A person of the company"),
    Group: ("Group", "A group of the directory"),
}


@for_directory
def service_provider_config(_directory: Directory) -> Response:
    return answer(_dump(_config()))


@for_directory
def resource_types(_directory: Directory) -> Response:
    return _list([_dump(_resource_type(model)) for model in NAMES])


@for_directory
def resource_type(_directory: Directory, name: str) -> Response:
    found = next((model for model, (known, _) in NAMES.items() if known == name), None)
    if found is None:
        raise ScimError(404)
    return answer(_dump(_resource_type(found)))


@for_directory
def schemas(_directory: Directory) -> Response:
    return _list([_dump(one) for one in _schemas()])


@for_directory
def schema(_directory: Directory, urn: str) -> Response:
    found = next((one for one in _schemas() if one.id == urn), None)
    if found is None:
        raise ScimError(404)
    return answer(_dump(found))


@for_directory
def unsupported(_directory: Directory) -> Response:
    """`/Bulk` and a search over all kinds of resources: ServiceProviderConfig says that there are none."""
    raise ScimError(501)


def _schemas() -> list[Schema]:
    found = []
    for model, name in ((User, "User"), (EnterpriseUser, "EnterpriseUser"), (Group, "Group")):
        one = model.to_schema()
        one.name = name
        one.meta = Meta(resource_type="Schema", location=_location(f"Schemas/{one.id}"))
        found.append(one)
    return found


def _resource_type(model: type[Resource[Any]]) -> ResourceType:
    found = ResourceType.from_resource(model)
    name, description = NAMES[model]
    found.name = found.id = name
    found.description = description
    found.endpoint = Reference(f"/{name}s")
    found.meta = Meta(resource_type="ResourceType", location=_location(f"ResourceTypes/{name}"))
    return found


def _config() -> ServiceProviderConfig:
    return ServiceProviderConfig(
        documentation_uri=Reference(f"{current_app.config['BASE_URL']}/help/provisioning"),
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=LARGEST_BODY),
        filter=Filter(supported=True, max_results=LARGEST_PAGE),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauth2,
                name="OAuth 2.0 client credentials",
                description="With a client secret, or with Microsoft Entra’s workload identity federation",
                spec_uri=Reference("https://www.rfc-editor.org/rfc/rfc6749#section-4.4"),
                primary=True,
            ),
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="A token that an admin creates on the connection’s page Provisioning",
            ),
        ],
        meta=Meta(resource_type="ServiceProviderConfig", location=_location("ServiceProviderConfig")),
    )


def _location(path: str) -> str:
    return f"{current_app.config['BASE_URL']}/scim/v2/{path}"


def _dump(resource: Resource[Any]) -> dict[str, Any]:
    content: dict[str, Any] = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return content


def _list(resources: list[dict[str, Any]]) -> Response:
    return list_answer(resources, len(resources), 1)
