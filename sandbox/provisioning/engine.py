"""The provisioning service's cycles: users first, then groups, then their members."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.model import Group, Person, Tenant
from sandbox.provisioning import shapes
from sandbox.provisioning.client import Failed, ScimClient

MEMBERS_PER_REQUEST = 100


@dataclass
class Job:
    """A tenant that is provisioned to one endpoint. It keeps the endpoint's ids permanently, as the service does."""

    tenant: Tenant
    client: ScimClient
    users: dict[str, str] = field(default_factory=dict)
    """The endpoint's ids of people, by object id."""
    groups: dict[str, str] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    """By group, the object ids of the members that the endpoint has accepted."""
    escrow: dict[str, str] = field(default_factory=dict)
    """What failed in the last cycle, by object id, and why. The next cycle tries it again."""

    def cycle(self) -> dict[str, str]:
        """One cycle; the first one finds or creates everything. Returns what failed."""
        self.escrow = {}
        for person in list(self.tenant.people.values()):
            self._attempt(person.oid, lambda person=person: self._sync_user(person))  # type: ignore[misc]
        for oid in [oid for oid in self.users if oid not in self.tenant.people]:
            self._attempt(oid, lambda oid=oid: self._disable(oid))  # type: ignore[misc]
        for group in list(self.tenant.groups.values()):
            self._attempt(group.id, lambda group=group: self._sync_group(group))  # type: ignore[misc]
        for group_id in [one for one in self.groups if one not in self.tenant.groups]:
            self._attempt(group_id, lambda group_id=group_id: self._delete_group(group_id))  # type: ignore[misc]
        for group in list(self.tenant.groups.values()):
            if group.id in self.groups:
                self._attempt(group.id, lambda group=group: self._sync_members(group))  # type: ignore[misc]
        return self.escrow

    def test_connection(self) -> None:
        """Searches for a user and a group that don't exist. Raises Failed."""
        self.client.find("Users", "externalId", "00000000-0000-4000-8000-000000000000")
        self.client.find("Groups", "displayName", "00000000-0000-4000-8000-000000000000", without="members")

    def on_demand(self, oid: str) -> None:
        """One person at once, always in the dialect without the flag. Raises Failed."""
        self._sync_user(self.tenant.people[oid], standard=False)

    def follow(self, oid: str) -> None:
        """Sends at once what was changed about this person by a click. Raises Failed."""
        if person := self.tenant.people.get(oid):
            self._sync_user(person)
        elif oid in self.users:
            self._disable(oid)
        for group in list(self.tenant.groups.values()):
            if group.id in self.groups:
                self._sync_members(group)

    def purge(self, oid: str) -> None:
        """The person is deleted for good: 30 days after the deletion, or by an admin. Raises Failed."""
        scim_id = self.users.pop(oid)
        for members in self.members.values():
            members.discard(oid)
        self._ignoring(404, lambda: self.client.send("DELETE", f"Users/{scim_id}"))

    def _attempt(self, object_id: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Failed as failed:
            self.escrow[object_id] = str(failed)

    def _sync_user(self, person: Person, *, standard: bool | None = None) -> None:
        standard = self.client.follows_standard if standard is None else standard
        if person.oid not in self.users and not self._match_user(person):
            if person.disabled:
                return  # They are never created.
            self._create_user(person)
            return
        path = f"Users/{self.users[person.oid]}"
        before = shapes.present(self.client.send("GET", path))
        wanted = shapes.attributes(person, active=not person.disabled)
        changed = {name: value for name, value in wanted.items() if before.get(name) != value}
        changed |= {name: None for name in before if name not in wanted}
        if changed:
            self.client.patch(path, shapes.user_operations(changed, standard=standard))

    def _match_user(self, person: Person) -> bool:
        """By the matching attributes in their precedence."""
        wanted = shapes.attributes(person, active=True)
        for attribute in ("externalId", "userName"):
            found = self.client.find("Users", attribute, wanted[attribute])
            if len(found) > 1:
                raise Failed(200, f"{attribute} isn't unique")
            if found:
                self.users[person.oid] = found[0]["id"]
                return True
        return False

    def _create_user(self, person: Person) -> None:
        try:
            self.users[person.oid] = self.client.send("POST", "Users", shapes.new_user(person))["id"]
        except Failed as failed:
            # An answer that got lost: the user was created.
            if failed.status != 409 or not self._match_user(person):
                raise

    def _disable(self, oid: str) -> None:
        """A person who left the scope or was deleted: the last word about them, until they are purged."""
        path = f"Users/{self.users[oid]}"
        if self.client.send("GET", path).get("active"):
            operations = shapes.user_operations({"active": False}, standard=self.client.follows_standard)
            self.client.patch(path, operations)

    def _sync_group(self, group: Group) -> None:
        if group.id not in self.groups and not self._match_group(group):
            try:
                self.groups[group.id] = self.client.send("POST", "Groups", shapes.new_group(group))["id"]
            except Failed as failed:
                if failed.status != 409 or not self._match_group(group):
                    raise
            return
        path = f"Groups/{self.groups[group.id]}"
        before = self.client.send("GET", path, query="excludedAttributes=members")
        if before["displayName"] != group.name:
            op = "replace" if self.client.follows_standard else "Replace"
            self.client.patch(path, [{"op": op, "path": "displayName", "value": group.name}])

    def _match_group(self, group: Group) -> bool:
        found = self.client.find("Groups", "externalId", group.id, without="members")
        if found:
            self.groups[group.id] = found[0]["id"]
        return bool(found)

    def _sync_members(self, group: Group) -> None:
        """Members who aren't in scope are left out until they are."""
        wanted = {oid for oid in group.members if oid in self.users}
        present = {*self.members.setdefault(group.id, set())}
        standard, path = self.client.follows_standard, f"Groups/{self.groups[group.id]}"
        for some in _batches(present - wanted):
            ids = [self.users[oid] for oid in some if oid in self.users]
            self.client.patch(path, shapes.remove_members(ids, standard=standard))
            self.members[group.id] -= {*some}
        for some in _batches(wanted - present):
            self.client.patch(path, shapes.add_members([self.users[oid] for oid in some], standard=standard))
            self.members[group.id] |= {*some}

    def _delete_group(self, group_id: str) -> None:
        self._ignoring(404, lambda: self.client.send("DELETE", f"Groups/{self.groups[group_id]}"))
        del self.groups[group_id]
        self.members.pop(group_id, None)

    def _ignoring(self, status: int, act: Callable[[], Any]) -> None:
        try:
            act()
        except Failed as failed:
            if failed.status != status:
                raise


def _batches(oids: set[str]) -> Iterator[list[str]]:
    """A few at a time: the service sends several members in a request."""
    ordered = sorted(oids)
    return (ordered[first : first + MEMBERS_PER_REQUEST] for first in range(0, len(ordered), MEMBERS_PER_REQUEST))
