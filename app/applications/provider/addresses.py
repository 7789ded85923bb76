"""Adds parameters to an application's registered address."""

from urllib.parse import urlencode


def with_parameters(uri: str, **parameters: str | None) -> str:
    """The address with these parameters after its own; None is left out."""
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    if not query:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{query}"
