"""Applies the role mappings of a companies file."""

from uuid import UUID

from app.applications import queries as applications
from app.applications.models import MappingKind
from app.cli.companies_file.schema import CompaniesFile, FileError, RoleMappingPart
from app.companies import queries as companies
from app.connections import queries as connections
from app.core.translation import gettext as _
from app.provisioning.roles import actions, queries


def apply(file: CompaniesFile) -> list[str]:
    """Returns the changes, one line each; the caller's unit of work commits. Raises FileError."""
    return [line for part in file.companies for wanted in part.role_mappings for line in _apply(part.code, wanted)]


def _apply(code: str, wanted: RoleMappingPart) -> list[str]:
    company = companies.by_code(code)
    assert company is not None
    draft = connections.draft_by_title(company.id, wanted.connection)
    if draft is None:
        raise FileError(_("%(code)s: no connection has the title %(title)s", code=code, title=wanted.connection))
    kind = MappingKind.GROUP if wanted.group else MappingKind.APP_ROLE
    value = wanted.group or wanted.app_role or ""
    role_id = _role_id(code, company.id, wanted)
    if queries.same_mapping(company.id, draft.id, kind, value, role_id):
        return []
    actions.create(company.id, connection_id=draft.id, kind=kind, value=value, name=wanted.name, role_id=role_id)
    return [_("%(code)s: mapped %(name)s to the role %(role)s", code=code, name=wanted.name or value, role=wanted.role)]


def _role_id(code: str, company_id: UUID, wanted: RoleMappingPart) -> UUID | None:
    """None for Portico's own role. A role that only the operator assigns can't be mapped: the company's admins decide
    who is in its groups.
    """
    if wanted.application is None:
        return None
    application = applications.by_client_id(wanted.application)
    mappable = {one.id for one in queries.mappable_roles(company_id)}
    role = next((one for one in application.roles if one.value == wanted.role), None) if application else None
    if role and role.id in mappable:
        return role.id
    raise FileError(
        _(
            "%(code)s: %(client)s has no role %(role)s that this company assigns",
            code=code,
            client=wanted.application,
            role=wanted.role,
        )
    )
