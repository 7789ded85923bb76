"""The last requests of a directory, for the admin's page: what they changed, or why they were refused."""

from datetime import timedelta
from enum import StrEnum
from typing import Any

from flask import g

from app.core.database import db
from app.core.retention import delete_older_than
from app.core.text import gettext_noop as N_
from app.core.text import sanitize
from app.core.translation import gettext as _
from app.core.translation import ngettext
from app.provisioning.scim.errors import ScimError
from app.provisioning.scim.models import ScimRequest
from app.provisioning.scim.queries import Directory

KEPT_FOR = timedelta(days=30)
BATCH = 1000
LONGEST_NAME = 200


class What(StrEnum):
    """What a request did or wanted to do. Stored, so the values never change."""

    USER_ADDED = "user.added"
    USER_CHANGED = "user.changed"
    USER_DEACTIVATED = "user.deactivated"
    USER_REACTIVATED = "user.reactivated"
    USER_DELETED = "user.deleted"
    GROUP_ADDED = "group.added"
    GROUP_CHANGED = "group.changed"
    GROUP_DELETED = "group.deleted"


DONE = {
    What.USER_ADDED: N_("Added %(name)s."),
    What.USER_CHANGED: N_("Changed %(name)s: %(changed)s."),
    What.USER_DEACTIVATED: N_("Deactivated %(name)s. Their sessions ended."),
    What.USER_REACTIVATED: N_("Reactivated %(name)s."),
    What.USER_DELETED: N_("Removed %(name)s. The person stays here, deactivated."),
    What.GROUP_ADDED: N_("Added the group %(name)s."),
    What.GROUP_CHANGED: N_("Changed the group %(name)s."),
    What.GROUP_DELETED: N_("Deleted the group %(name)s."),
}
WANTED = {
    What.USER_ADDED: N_("Couldn’t add %(name)s."),
    What.USER_CHANGED: N_("Couldn’t change %(name)s."),
    What.USER_DELETED: N_("Couldn’t remove %(name)s."),
    What.GROUP_ADDED: N_("Couldn’t add the group %(name)s."),
    What.GROUP_CHANGED: N_("Couldn’t change the group %(name)s."),
    What.GROUP_DELETED: N_("Couldn’t delete the group %(name)s."),
}
UNKNOWN_USER, UNKNOWN_GROUP = N_("a user we don’t know"), N_("a group we don’t know")


def record_change(directory: Directory, what: What, name: str, status: int = 200, **detail: Any) -> None:
    db.session.add(
        ScimRequest(
            company_id=directory.company_id,
            connection_id=directory.connection_id,
            what=what,
            name=sanitize(name, LONGEST_NAME),
            status=status,
            detail=detail,
        )
    )


def about(name: str) -> None:
    """Names the user or group that this request is about, in case it is refused."""
    g.scim_about = name


def record_refusal(directory: Directory, what: What, refused: ScimError) -> None:
    name = g.get("scim_about", "")
    record_change(directory, what, name, refused.status, error=refused.text, values=refused.values)


def sentence(one: ScimRequest) -> str:
    """What the request did, or wanted to do and why it was refused."""
    what = What(one.what)
    name = one.name or _(UNKNOWN_GROUP if one.what.startswith("group") else UNKNOWN_USER)
    if one.status >= 400:
        reason = _(one.detail["error"], **one.detail["values"])
        return f"{_(WANTED[what], name=name)} {reason}"
    if what is What.GROUP_CHANGED and "added" in one.detail:
        added, removed = one.detail["added"], one.detail["removed"]
        changes = [ngettext("%(num)s person added", "%(num)s people added", added)] if added else []
        changes += [ngettext("%(num)s person removed", "%(num)s people removed", removed)] if removed else []
        return _("Changed the group %(name)s: %(changes)s.", name=name, changes=", ".join(changes))
    return _(DONE[what], name=name, changed=", ".join(one.detail.get("changed", ())))


def purge() -> int:
    return delete_older_than(ScimRequest, KEPT_FOR, BATCH)
