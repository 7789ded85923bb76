"""The one parser of email addresses, around the package `email-validator`.

An address has one form, in which it is stored and looked up: in lower case, its domain in Unicode, so that it is
`max@müller.example`, never `max@xn--mller-kva.example`. On the wire the domain is ASCII.
"""

import re

from app.core.text import gettext_noop as N_
from app.core.text import sanitize_code
from app.core.translation import gettext as _

INVALID = N_("Enter a valid email address.")
LONGEST_EMAIL = 254
"""RFC 5321's path of 256, without its brackets."""
# Written by spreadsheets' formulas and shells' pipes, and by no mail system before the @.
SUSPICIOUS_BEGINNINGS, SUSPICIOUS_SIGN = ("=", "+", "-"), "|"


class InvalidEmail(ValueError):
    """Why a text is no email address; the message is for people."""


def parse_email(text: object) -> str:
    """The address in its one form. Raises InvalidEmail."""
    return _parsed(text)[0]


def normalize_email(text: str) -> str:
    """The form to look an address up by; for what is no address, the text as it would have been stored."""
    cleaned = _cleaned(text)
    if cleaned.isascii() and "xn--" not in cleaned.lower():
        # Nearly always: nothing is left to do, and the parser takes longer.
        return cleaned.lower()
    try:
        return parse_email(cleaned)
    except InvalidEmail:
        return cleaned.lower()


def wire_email(text: str) -> str | None:
    """The address as a mail's envelope has it; None when there can be no mail to it."""
    try:
        return _parsed(text)[1]
    except InvalidEmail:
        return None


def _cleaned(text: object) -> str:
    """Without what can't be seen; two lines don't become one address."""
    return sanitize_code(re.sub(r"\s", " ", text) if isinstance(text, str) else text)


def _hint(cleaned: str) -> str:
    """What to look at, in our own words."""
    if "@" not in cleaned:
        return _("It needs an @ sign, as in name@contoso.com.")
    if len(cleaned) > LONGEST_EMAIL:
        return _("Use %(number)s characters or fewer.", number=LONGEST_EMAIL)
    return _("Check for typos. It looks like name@contoso.com.")


def _parsed(text: object) -> tuple[str, str]:
    # Compiles large expressions; most processes parse no new address.
    import email_validator

    # Names such as mail.test and mail.local are real inside a company's own network.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    cleaned = _cleaned(text)
    try:
        found = email_validator.validate_email(
            cleaned, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False, strict=True
        )
    except email_validator.EmailNotValidError:
        raise InvalidEmail(f"{_(INVALID)} {_hint(cleaned)}") from None
    name, domain = found.local_part.lower(), found.domain
    if "." not in domain or domain.rpartition(".")[2].isdecimal():
        raise InvalidEmail(f"{_(INVALID)} {_('After the @ sign it needs a domain, such as contoso.com.')}")
    if name.startswith(SUSPICIOUS_BEGINNINGS) or SUSPICIOUS_SIGN in name:
        raise InvalidEmail(f"{_(INVALID)} {_('Check the part before the @ sign.')}")
    assert found.ascii_domain
    return f"{name}@{domain}", f"{name}@{found.ascii_domain}"
