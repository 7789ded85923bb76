"""Roles that a directory gives: how they are mapped, and who gets them."""

from dataclasses import dataclass, field

from app.audit.events.base import OMITTED, Event


@dataclass(frozen=True, kw_only=True)
class OfMapping:
    """What is mapped to which role."""

    kind: str
    """A group or an app role."""
    name: str
    """Of the group, or the app role's value."""
    value: str
    """The group's object id, or the app role's value."""
    title: str
    """The connection's."""
    role_name: str | None = field(default=None, metadata=OMITTED)
    """None, as the application: Portico's own role of an admin."""
    application_name: str | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True, kw_only=True)
class RoleMappingCreated(OfMapping, Event, name="role_mapping.created"):
    pass


@dataclass(frozen=True, kw_only=True)
class RoleMappingRemoved(OfMapping, Event, name="role_mapping.removed"):
    people: int
    """How many had the role because of it."""


@dataclass(frozen=True, kw_only=True)
class DirectoryRoleGiven(OfMapping, Event, name="directory_role.given"):
    """The subject has a role because of a mapping."""


@dataclass(frozen=True, kw_only=True)
class DirectoryRoleRemoved(OfMapping, Event, name="directory_role.removed"):
    """The subject no longer has a role because of a mapping."""


@dataclass(frozen=True, kw_only=True)
class DirectoryRolesKept(Event, name="directory_role.kept"):
    """Microsoft Graph didn't answer for the subject's groups."""

    title: str
    """The connection's."""
    kept: bool
    """Whether they were read within a day before, so that the roles they give stay for now."""
