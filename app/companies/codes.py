"""Rules for login codes. Pure functions."""

import re
import unicodedata

from app.core.translation import gettext as _

CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])")
RESERVED = frozenset(
    (
        *("account", "admin", "api", "app", "audit", "auth", "crm", "healthz", "help", "home", "login", "logout"),
        *("metrics", "microsoft", "new", "people", "portico", "readyz", "signin", "signup", "static", "support", "www"),
    )
)


def normal(code: str) -> str:
    """A code as it is stored and looked up: people type it in any case, and pasted text may contain surrounding spaces,
    zero-width or full-width characters.
    """
    seen = "".join(sign for sign in code if unicodedata.category(sign) not in ("Cf", "Cc"))
    return unicodedata.normalize("NFKC", seen).strip().lower()


def fault(code: str) -> str | None:
    """Why a code can't be used, in words; None if it can."""
    if not CODE.fullmatch(code):
        return _("Use 2–40 letters, numbers or hyphens. Don’t start or end with a hyphen.")
    if code in RESERVED:
        return _("This code is reserved. Choose another.")
    return None
