"""What a directory says about the person who signs in: from the ID token, or from Microsoft Graph if that lists no
groups because there are too many.
"""

import structlog

from app.applications.models import MappingKind
from app.connections.connection_config import ConnectionConfig
from app.core.database import release_connection
from app.entra.errors import MicrosoftError, ServiceUnavailable
from app.login.errors import SignInRefused
from app.login.microsoft.identity import Memberships, VerifiedIdentity
from app.microsoft_clients import microsoft
from app.provisioning.roles import queries
from app.provisioning.roles.refusals import GROUPS_UNREAD

WAIT_SECONDS = 3.0

log = structlog.get_logger(__name__)


def read(connection: ConnectionConfig, identity: VerifiedIdentity) -> Memberships | None:
    """None if no role depends on it. Raises SignInRefused."""
    kinds, claims = queries.mapped_kinds(connection.company_id, connection.id), identity.claims
    if not kinds:
        return None
    needs_graph = claims.has_more_groups and MappingKind.GROUP in kinds
    return Memberships(claims.roles, _groups(identity) if needs_graph else claims.groups)


def _groups(identity: VerifiedIdentity) -> tuple[str, ...] | None:
    """None if Graph has no answer for now. The access token may come from the browser, so it must be proven to be this
    person's: with another's they would get that person's roles.
    """
    if identity.access_token is None:
        raise SignInRefused(GROUPS_UNREAD, cause="no access token")
    release_connection()
    try:
        found = microsoft().graph.member_groups(identity.access_token, within=WAIT_SECONDS)
    except ServiceUnavailable as error:
        log.warning("groups_not_read", what=str(error))
        return None
    except MicrosoftError as error:
        raise SignInRefused(GROUPS_UNREAD, cause=str(error)) from None
    if found.oid != identity.claims.oid:
        raise SignInRefused(GROUPS_UNREAD, cause="another person’s access token")
    return found.groups
