"""Lists of resources: pages, and which attributes to return (RFC 7644, sections 3.4.2.4 and 3.9)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Response, request
from pydantic import ValidationError
from scim2_models import Context, Resource, ResponseParameters, SCIMException

from app.core.text import gettext_noop as N_
from app.provisioning.scim.endpoint import written
from app.provisioning.scim.errors import INVALID_PATH, INVALID_VALUE, ScimError

LARGEST_PAGE = 200
LIST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


@dataclass(frozen=True)
class Page:
    start: int
    """1-based."""
    count: int


def page() -> Page:
    """What the request asks for: by default the first page. Raises ScimError."""
    return Page(max(1, _number("startIndex", 1)), min(LARGEST_PAGE, max(0, _number("count", LARGEST_PAGE))))


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return default
    try:
        return max(-1, min(int(text), 1_000_000_000))
    except ValueError:
        raise ScimError(400, N_("%(name)s must be a number."), INVALID_VALUE, name=name) from None


class Wanted:
    """Which attributes the request wants returned. Raises ScimError."""

    def __init__(self, model: type[Resource[Any]]) -> None:
        named = {
            name: request.args[parameter]
            for name, parameter in (("attributes", "attributes"), ("excluded_attributes", "excludedAttributes"))
            if request.args.get(parameter)
        }
        try:
            found = ResponseParameters[model].model_validate(named)  # type: ignore[valid-type]
        except (ValidationError, SCIMException):
            raise ScimError(
                400, N_("attributes or excludedAttributes names something that doesn’t exist."), INVALID_PATH
            ) from None
        self._parameters = found
        self.included, self.excluded = found.attributes, found.excluded_attributes

    def dump(self, resource: Resource[Any]) -> dict[str, Any]:
        content: dict[str, Any] = resource.model_dump(
            scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=self._parameters
        )
        return content

    def has(self, name: str, *, by_default: bool) -> bool:
        """Whether an attribute that is costly to read is wanted."""
        if self.included:
            return any(_names(path, name) for path in self.included)
        return by_default and not any(_names(path, name) for path in self.excluded or ())


def _names(path: object, name: str) -> bool:
    return str(path).rpartition(":")[2].partition(".")[0].lower() == name.lower()


def list_answer(resources: list[dict[str, Any]], total: int, start: int) -> Response:
    return written_list([iter([json.dumps(one)]) for one in resources], total, start)


def written_list(resources: list[Iterator[str]], total: int, start: int) -> Response:
    """A list of resources, each from pieces of its JSON."""
    return written(_pieces(resources, total, start))


def _pieces(resources: list[Iterator[str]], total: int, start: int) -> Iterator[str]:
    head = {"schemas": [LIST_SCHEMA], "totalResults": total, "startIndex": start, "itemsPerPage": len(resources)}
    yield f'{json.dumps(head)[:-1]}, "Resources": ['
    for position, resource in enumerate(resources):
        if position:
            yield ", "
        yield from resource
    yield "]}"
