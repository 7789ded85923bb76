"""Filters (RFC 7644, section 3.4.2.2), as far as directories use them: `eq`, joined by `and`.

Each needs an attribute with an index, so that no request reads all of a company's people.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.core import strict_json
from app.core.strict_json import InvalidJson
from app.core.text import gettext_noop as N_
from app.provisioning.scim.errors import INVALID_FILTER, ScimError
from app.provisioning.scim.text import cleaned

LONGEST_FILTER = 2000
COMPARISON = re.compile(
    r"\s*(?P<path>[a-z$][\w$:.\-]*?(?:\[[^\]]{1,100}\](?:\.\w+)?)?)\s+(?P<operator>[a-z]{2})"
    r'(?:\s+(?P<value>"(?:[^"\\]|\\.)*"|[^\s"()\[\]]+))?\s*',
    re.IGNORECASE,
)
AND = re.compile(r"and\s", re.IGNORECASE)
URN = re.compile(r"^urn:ietf:params:scim:schemas:(?:core|extension:enterprise):2\.0:(?:user|group):?", re.IGNORECASE)
NOT_A_FILTER = N_('This isn’t a filter that we understand. Use eq, joined by and: userName eq "ann@contoso.com".')
NO_INDEX = N_("Filter by %(names)s.")


@dataclass(frozen=True)
class Comparison:
    attribute: str
    """One of the names of `parse`."""
    value: str


def parse(text: str, attributes: Mapping[str, str], *, indexed: tuple[str, ...]) -> list[Comparison]:
    """The comparisons that all have to be true. `attributes`: paths in lower case, and the names to call them by.

    Raises ScimError if the text is no such filter, or if none of its attributes is an `indexed` one.
    """
    found, position = [], 0
    text = text.strip()
    if not text or len(text) > LONGEST_FILTER:
        raise ScimError(400, NOT_A_FILTER, INVALID_FILTER)
    while True:
        match = COMPARISON.match(text, position)
        if match is None or match["operator"].lower() != "eq" or match["value"] is None:
            raise ScimError(400, NOT_A_FILTER, INVALID_FILTER)
        path = URN.sub("", match["path"]).lower().replace("'", '"')
        attribute = attributes.get(re.sub(r"\s+", " ", path))
        if attribute is None:
            raise ScimError(400, NO_INDEX, INVALID_FILTER, names=", ".join(indexed))
        found.append(Comparison(attribute, _value(match["value"])))
        position = match.end()
        if position == len(text):
            break
        joined = AND.match(text, position)
        if joined is None:
            raise ScimError(400, NOT_A_FILTER, INVALID_FILTER)
        position = joined.end()
    if not any(one.attribute in indexed for one in found):
        raise ScimError(400, NO_INDEX, INVALID_FILTER, names=", ".join(indexed))
    return found


def _value(text: str) -> str:
    """A quoted value is a JSON string. Entra also sends values without quotes."""
    if not text.startswith('"'):
        return str(cleaned(text))
    try:
        return str(cleaned(strict_json.read(text)))
    except InvalidJson:
        raise ScimError(400, NOT_A_FILTER, INVALID_FILTER) from None
