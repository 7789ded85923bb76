"""Which mappings apply to a person. Pure functions over plain values."""

from collections.abc import Collection

from app.applications.models import MappingKind


def applies(kind: str, value: str, app_roles: Collection[str], groups: Collection[str]) -> bool:
    """Compared exactly: one value may be a part of another. A registration with `emit_as_roles` sends groups among the
    app roles.
    """
    if kind == MappingKind.APP_ROLE:
        return value in app_roles
    return value in groups or value in {role.lower() for role in app_roles}
