"""What the list of people is filtered and sorted by, as its URL says it."""

from dataclasses import dataclass
from enum import StrEnum

from app.people.models import Role


class State(StrEnum):
    """Whether a person can sign in, and how far their invitation is."""

    ACTIVE = "active"
    NOT_INVITED = "not_invited"
    """Added, by an import for example, and not invited yet."""
    INVITED = "invited"
    """Invited, and not signed in yet; the invitation may have expired."""
    DEACTIVATED = "deactivated"


class Sort(StrEnum):
    """What people are sorted by; a minus in front of it reverses the order."""

    NAME = "name"
    EMAIL = "email"
    ROLE = "role"
    LAST_SIGN_IN = "last_sign_in"


STATE_TITLES = {
    State.ACTIVE: "Active",
    State.NOT_INVITED: "Not invited",
    State.INVITED: "Invited",
    State.DEACTIVATED: "Deactivated",
}
ROLE_TITLES = {Role.OWNER: "Owner", Role.ADMIN: "Admin", Role.MEMBER: "Member"}
SORT_TITLES = {
    "name": "Name, A–Z",
    "-name": "Name, Z–A",
    "email": "Email, A–Z",
    "-email": "Email, Z–A",
    "role": "Role, owners first",
    "-role": "Role, members first",
    "-last_sign_in": "Last sign-in, newest first",
    "last_sign_in": "Last sign-in, oldest first",
}


@dataclass(frozen=True)
class PeopleFilter:
    """Which people of a company are listed; everyone by default."""

    search: str = ""
    role: str = ""
    method: str = ""
    """`any`, `password`, or the id of a connection."""
    state: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The URL's parameters, without those that are at their default."""
        named = {"q": self.search, "role": self.role, "method": self.method, "state": self.state}
        return {name: value for name, value in named.items() if value}
