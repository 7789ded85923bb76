"""Who may do what to whom within a company. Plain functions over roles."""

from app.people.models import Role


def can_manage(actor: str, subject: str) -> bool:
    """Whether somebody of this role may change, deactivate or delete somebody of that one."""
    return actor == Role.OWNER or (actor == Role.ADMIN and subject != Role.OWNER)


def assignable_roles(actor: str) -> list[Role]:
    """The roles that somebody of this role may give to others."""
    if actor == Role.OWNER:
        return [Role.MEMBER, Role.ADMIN, Role.OWNER]
    return [Role.MEMBER, Role.ADMIN] if actor == Role.ADMIN else []
