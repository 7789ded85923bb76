"""The authorization request that led a person here who may not use its application."""

from dataclasses import dataclass
from uuid import UUID

from app.applications import application_config
from app.applications.models import Kind
from app.applications.provider.authorize.responses import response_url
from app.applications.provider.continuation import stored_request_at
from app.applications.provider.parameters import redirect_uri_of


@dataclass(frozen=True)
class WaitingRequest:
    path: str
    """Where it continues."""
    name: str
    """The application's."""
    denied_url: str | None
    """Where the application learns that the person has no access. None behind forward-auth, where that is a page that
    leads here again.
    """


def find(application_id: UUID, path: str) -> WaitingRequest | None:
    """The request that continues at a path of ours, if it is this application's."""
    stored = stored_request_at(path)
    if stored is None or stored.application_id != application_id:
        return None
    application = application_config.by_client_id(stored.parameters["client_id"])
    if application is None or redirect_uri_of(application, stored.parameters) is None:
        return None
    is_proxy = application.kind == Kind.FORWARD_AUTH
    return WaitingRequest(
        path,
        application.name,
        None if is_proxy else _denied_url(stored.parameters),
    )


def _denied_url(parameters: dict[str, str]) -> str:
    return response_url(
        parameters["redirect_uri"],
        error="access_denied",
        error_description="This person may not use this application",
        state=parameters.get("state"),
    )
