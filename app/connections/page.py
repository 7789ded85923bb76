"""What several of a connection's pages need: the draft, its registration, its credentials, and where to continue."""

from typing import Any
from uuid import UUID

from flask import abort, current_app, url_for

from app.connections import queries
from app.connections.forms import CREDENTIAL_WORDS, CREDENTIALS_IN_SENTENCES, ConnectionForm, days_left, guid
from app.connections.models import Draft
from app.connections.registration_spec import registration_spec
from app.connections.steps.steps import ENDPOINTS, reached
from app.core.translation import gettext as _
from app.entra.errors import MicrosoftError, OAuthError
from app.entra_apps.app_registration import Registration, registration_guide
from app.entra_apps.certificates import thumbprint
from app.entra_apps.models import ClientCredential, CredentialKind
from app.http.current import current
from app.microsoft_clients import microsoft


def draft_or_404(draft_id: UUID) -> Draft:
    """The current company's draft with this id; 404 for another company's."""
    draft = queries.draft(current().company_id, draft_id)
    if draft is None:
        abort(404)
    return draft


def next_url(draft: Draft) -> str:
    """The page of an active connection; of a draft the step with which to continue."""
    endpoint = "connections.edit" if draft.connection else ENDPOINTS[reached(draft)]
    return url_for(endpoint, draft_id=draft.id)


def credentials_url(draft: Draft) -> str:
    """Where the credentials are listed."""
    if draft.connection:
        return url_for("connections.edit", draft_id=draft.id, _anchor="credentials")
    return url_for("connections.steps.show_values", draft_id=draft.id, _anchor="credentials")


def registration_of(draft: Draft) -> Registration:
    cloud = microsoft().cloud
    return registration_guide(registration_spec(draft, current_app.config["BASE_URL"], cloud), cloud)


def shown_credentials(draft: Draft) -> list[dict[str, Any]]:
    return [shown_credential(draft, credential) for credential in draft.credentials]


def shown_credential(draft: Draft, credential: ClientCredential) -> dict[str, Any]:
    return {
        "id": credential.id,
        "words": CREDENTIAL_WORDS[CredentialKind(credential.kind)],
        "in_sentence": CREDENTIALS_IN_SENTENCES[CredentialKind(credential.kind)],
        "kind": credential.kind,
        "is_active": credential in draft.active_credentials,
        "refused_at": credential.refused_at,
        "unreadable_at": credential.unreadable_at,
        "expires": credential.expires,
        "days_left": days_left(credential.expires),
        "added_at": credential.created_at,
        "thumbprint": thumbprint(credential.certificate) if credential.certificate else None,
    }


def tenant_id(form: ConnectionForm) -> str | None:
    """The directory's id; a domain is looked up at Microsoft. None, with an error on the field, if that fails."""
    entered = form.tenant.data or ""
    known = guid(entered)
    if known:
        return known
    try:
        return microsoft().discovery.metadata(entered).tenant
    except OAuthError:
        text = _("We couldn’t find a directory for this domain. Check it, or enter the directory (tenant) ID.")
    except MicrosoftError:
        text = _("Microsoft isn’t responding, so we can’t look up the domain. Enter the directory (tenant) ID.")
    form.tenant.errors = [*form.tenant.errors, text]
    return None
