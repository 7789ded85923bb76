"""What the list of people is filtered and sorted by, as its URL says it."""

from dataclasses import dataclass
from enum import StrEnum

from app.core.text import gettext_noop as N_
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
    State.ACTIVE: N_("Active"),
    State.NOT_INVITED: N_("Not invited"),
    State.INVITED: N_("Invited"),
    State.DEACTIVATED: N_("Deactivated"),
}
ROLE_TITLES = {Role.OWNER: N_("Owner"), Role.ADMIN: N_("Admin"), Role.MEMBER: N_("Member")}
SORT_TITLES = {
    "name": N_("Name, A–Z"),
    "-name": N_("Name, Z–A"),
    "email": N_("Email, A–Z"),
    "-email": N_("Email, Z–A"),
    "role": N_("Role, owners first"),
    "-role": N_("Role, members first"),
    "-last_sign_in": N_("Last sign-in, newest first"),
    "last_sign_in": N_("Last sign-in, oldest first"),
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
