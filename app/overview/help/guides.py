"""The guides: those of docs/ for people who sign in and for their admins."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from markupsafe import Markup

from app.core.text import gettext_noop as N_
from app.settings import ROOT

DOCS = ROOT / "docs"
PICTURES = DOCS / "pictures"


class Audience(StrEnum):
    EVERYONE = N_("Everyone")
    ADMINS = N_("Owners and admins")


AUDIENCES = {
    "signing-in": Audience.EVERYONE,
    "connect-entra": Audience.ADMINS,
    "single-page": Audience.ADMINS,
    "when-microsoft-says-no": Audience.ADMINS,
    "people": Audience.ADMINS,
    "domains": Audience.ADMINS,
    "branding": Audience.ADMINS,
    "provisioning": Audience.ADMINS,
    "connect-dynamics": Audience.ADMINS,
    "your-application": Audience.ADMINS,
    "roles": Audience.ADMINS,
}
"""The guides by name, in the order of the index. Those for operators and developers stay in the repository."""


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Guide:
    name: str
    title: str
    headings: tuple[Heading, ...]
    """Those below the title."""
    body: Markup
    """All but the title."""


@cache
def guide(name: str) -> Guide | None:
    """None if there is no guide of this name. Rendered once per process."""
    if name not in AUDIENCES:
        return None
    # Imported here: only these pages need the library.
    from app.overview.help.markdown import render

    return render(name, (DOCS / f"{name}.md").read_text())


def picture(name: str) -> bytes | None:
    """A picture of the guides; None if there is none of this name."""
    return next((path.read_bytes() for path in PICTURES.glob("*.webp") if path.name == name), None)
