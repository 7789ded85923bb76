"""Rules for addresses that an application registers. Pure functions."""

import re
from urllib.parse import urlsplit

from app.core.text import gettext_noop as N_
from app.origins import canonical

LONGEST = 1000
LOOPBACK = ("127.0.0.1", "[::1]", "localhost")
ANY_PORT = re.compile(r"http://(127\.0\.0\.1|\[::1\])(:\d{1,5})?(/.*)?", re.DOTALL)
"""On the loopback literals a native application chooses its port when it starts (RFC 8252, section 7.3)."""
PRINTABLE = re.compile(r"[\x21-\x7e]+")

NOT_ABSOLUTE = N_("Enter a full address that begins with https://.")
NOT_HTTPS = N_("Use https. Plain http works for localhost, 127.0.0.1 and [::1] only.")
HAS_FRAGMENT = N_("Remove the # and what follows it.")
HAS_WILDCARD = N_("Addresses are compared exactly, so * doesn’t work. Add each address.")
NOT_AN_ORIGIN = N_("Enter an origin such as https://app.example.com, without a path.")


def fault(uri: str) -> str | None:
    """Why an address can't be registered, as a text to translate; None if it can."""
    if len(uri) > LONGEST or not PRINTABLE.fullmatch(uri):
        return NOT_ABSOLUTE
    if "#" in uri:
        return HAS_FRAGMENT
    if "*" in uri:
        return HAS_WILDCARD
    try:
        origin = origin_of(uri)
    except ValueError:
        return NOT_ABSOLUTE
    if origin.startswith("http:") and not _is_loopback(origin):
        return NOT_HTTPS
    return None


def start_url_fault(url: str) -> str | None:
    """The same for the address at which people open an application. Nothing secret is sent there, so that plain http
    is allowed; any other scheme could run a script.
    """
    found = fault(url)
    return None if found == NOT_HTTPS else found


def origin_fault(origin: str) -> str | None:
    """The same for a CORS origin, which browsers compare in its one form."""
    try:
        is_origin = canonical(origin) == origin
    except ValueError:
        is_origin = False
    return fault(origin) if is_origin else NOT_AN_ORIGIN


def origin_of(uri: str) -> str:
    """The origin of an http or https address. Raises ValueError."""
    parts = urlsplit(uri)
    return canonical(f"{parts.scheme}://{parts.netloc}")


def matches(registered: str, presented: str) -> bool:
    """Whether a request may name this redirect URI: the registered one exactly, but for the port on loopback."""
    if registered == presented:
        return True
    ours, theirs = ANY_PORT.fullmatch(registered), ANY_PORT.fullmatch(presented)
    return bool(ours and theirs) and ours[1] == theirs[1] and (ours[3] or "") == (theirs[3] or "")  # type: ignore[index]


def _is_loopback(origin: str) -> bool:
    return re.sub(r":\d+$", "", origin.removeprefix("http://")) in LOOPBACK
