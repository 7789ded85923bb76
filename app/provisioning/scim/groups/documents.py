"""A group as a response has it. Members are written as they are read, a batch at a time: nothing holds the 50,000 that
a group can have, or those of the 200 groups of a page.
"""

import json
from collections.abc import Iterator

from scim2_models import Meta

from app.provisioning.scim.endpoint import etag, location
from app.provisioning.scim.groups import queries
from app.provisioning.scim.listing import Wanted
from app.provisioning.scim.models import ScimGroup
from app.provisioning.scim.resources import Group, Member

BATCH = 2000


def meta(row: ScimGroup) -> Meta:
    return Meta(
        resource_type="Group",
        created=row.created_at,
        last_modified=row.changed_at,
        location=location("Groups", row.id),
        version=etag(row.version),
    )


def written(row: ScimGroup, wanted: Wanted) -> Iterator[str]:
    """The JSON of the group, in pieces."""
    users = location("Users", "")
    example = Member(value="", ref=users, type="User")
    content = wanted.dump(
        Group(
            id=str(row.id),
            external_id=row.external_id,
            display_name=row.display_name,
            members=[example],
            meta=meta(row),
        )
    )
    shown = content.pop("members", None)
    text = json.dumps(content)
    if not shown:
        yield text
        return
    is_first = True
    for ids in queries.members(row, BATCH):
        values = ({"value": str(one), "$ref": f"{users}{one}", "type": "User"} for one in ids)
        members = [{name: value for name, value in one.items() if name in shown[0]} for one in values]
        yield f'{text[:-1]}, "members": [' if is_first else ", "
        yield json.dumps(members)[1:-1]
        is_first = False
    yield text if is_first else "]}"
