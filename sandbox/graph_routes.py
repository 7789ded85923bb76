"""The addresses of the sandbox's Graph resources."""

from collections.abc import Callable

from werkzeug.routing import Map, Rule

from sandbox.graph_resources import (
    Result,
    groups,
    me,
    my_groups,
    my_member_objects,
    my_photo,
    organization,
    user,
    user_photo,
    users,
)
from sandbox.user_delta import users_delta


def _routes(table: dict[str, Callable[..., Result]]) -> Map:
    actions = {"/me/getMemberObjects": my_member_objects}
    return Map(
        [Rule(path, endpoint=resource, methods=["GET"]) for path, resource in table.items()]
        + [Rule(path, endpoint=resource, methods=["POST"]) for path, resource in actions.items()]
    )


ROUTES = _routes(
    {
        "/me": me,
        "/me/photo/$value": my_photo,
        "/me/photos/<size>/$value": my_photo,
        "/me/memberOf": my_groups,
        "/organization": organization,
        "/users": users,
        "/users/delta": users_delta,
        "/users/<identity>": user,
        "/users/<identity>/photo/$value": user_photo,
        "/users/<identity>/photos/<size>/$value": user_photo,
        "/groups": groups,
    }
)
