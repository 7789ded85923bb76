"""Roles and permissions within a company. Pure functions over roles."""

from app.people.models import Role


def can_manage(actor: str, subject: str) -> bool:
    """Whether an actor with this role may change, deactivate or delete a person with that role."""
    return actor == Role.OWNER or (actor == Role.ADMIN and subject != Role.OWNER)


def assignable_roles(actor: str) -> list[Role]:
    """The roles that an actor with this role may assign."""
    if actor == Role.OWNER:
        return [Role.MEMBER, Role.ADMIN, Role.OWNER]
    return [Role.MEMBER, Role.ADMIN] if actor == Role.ADMIN else []
