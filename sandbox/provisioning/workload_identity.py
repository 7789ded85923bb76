"""Workload identity federation: what Entra shows an admin, and the assertions that the service sends.

https://github.com/AzureAD/SCIMReferenceCode/blob/master/Workload-Identity-Federation-for-SCIM-Provisioning.md
"""

import time
import uuid

from sandbox.defects import Defects, defective_token
from sandbox.model import Tenant
from sandbox.state import Sandbox
from sandbox.tokens import signed

ASSERTION_LIFE_SECONDS = 3900


def service_object_id(tenant: Tenant) -> str:
    """Of the provisioning service's own principal in the tenant."""
    return str(uuid.uuid5(uuid.UUID(tenant.tid), "provisioning service"))


def shown_in_portal(sandbox: Sandbox, tenant: Tenant, application: str) -> dict[str, str]:
    """What an admin copies to the endpoint's portal after selecting a workload identity."""
    return {
        "issuer": sandbox.addresses.issuer(tenant.tid),
        "jwks": sandbox.addresses.keys(tenant.tid),
        "subject": service_object_id(tenant),
        "audience": f"api://{application}/.default",
    }


def assertion(sandbox: Sandbox, tenant: Tenant, application: str, defects: Defects | None = None) -> str:
    """A new one for a workload identity, or an invalid one."""
    now, issuer = int(time.time()), sandbox.addresses.issuer(tenant.tid)
    claims = {
        "aud": f"api://{application}",
        "iss": issuer,
        "iat": now,
        "nbf": now,
        "exp": now + ASSERTION_LIFE_SECONDS,
        "appid": application,
        "appidacr": "2",
        "idp": issuer,
        "oid": str(uuid.uuid5(uuid.UUID(tenant.tid), application)),
        "sub": service_object_id(tenant),
        "tid": tenant.tid,
        "uti": uuid.uuid4().hex,
        "ver": "2.0",
    }
    key = sandbox.keys.signing(tenant.tid)
    return defective_token(claims, key, defects) if defects else signed(claims, key)
