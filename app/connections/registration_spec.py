"""What a connection needs at Microsoft: its application's registration, and what its federated credential asserts.

Pure functions.
"""

from datetime import UTC, date, datetime

from app.connections.models import Draft, Flow
from app.core.text import sanitize
from app.entra.clouds import Cloud
from app.entra_apps.app_registration import SECRET_LIFE
from app.entra_apps.certificates import Federation
from app.entra_apps.models import CredentialKind
from app.entra_apps.scripts.app_registration_spec import AppRegistrationSpec


def federation(public_id: str, base_url: str, cloud: Cloud) -> Federation:
    """What the assertions of the connection with this public id say."""
    return Federation(f"{base_url}/auth/{public_id}/federation", public_id, cloud.exchange_audience)


def registration_spec(draft: Draft, base_url: str, cloud: Cloud, today: date | None = None) -> AppRegistrationSpec:
    """The registration for a draft in its current state, which may be incomplete."""
    newest = draft.credentials[-1] if draft.credentials else None
    on_server = draft.flow == Flow.SERVER
    return AppRegistrationSpec(
        tenant=draft.tenant,
        client_id=draft.client_id,
        name=f"Portico: {sanitize(draft.title)}",
        # With a credential the server-side flow is the fallback for pages without JavaScript.
        web=(base_url + draft.web_path,) if on_server or newest else (),
        single_page=() if on_server else (base_url + draft.single_page_path,),
        # Microsoft calls no address without TLS; the sandbox does.
        logout_uri=base_url + draft.logout_path if base_url.startswith("https:") or cloud.plain_loopback else None,
        credential=newest.kind if newest else CredentialKind.SECRET if on_server else None,
        certificate=newest.certificate if newest else None,
        federation=federation(draft.public_id, base_url, cloud),
        reads_users=draft.reads_users,
        secret_expires=(today or datetime.now(UTC).date()) + SECRET_LIFE,
    )
