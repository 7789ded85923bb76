"""How the HTML of an email looks, as plain values."""

from dataclasses import dataclass

from app.core.branding import Ground
from app.core.translation import gettext as _

LOGO_ID = "logo@portico"
"""The content ID of the attached logo."""


@dataclass(frozen=True)
class FooterLine:
    label: str
    text: str
    url: str | None


@dataclass(frozen=True)
class Look:
    """Colors are `#rrggbb`. Without values, Portico's own."""

    name: str = "Portico"
    """The company's, as shown."""
    fill: str = "#17624c"
    """Of buttons, in light mode, with the text on it."""
    fill_text: str = "#ffffff"
    fill_dark: str = "#6fcfae"
    fill_text_dark: str = "#0f1211"
    link: str = "#17624c"
    link_dark: str = "#6fcfae"
    logo_hash: str | None = None
    logo_width: int = 0
    logo_height: int = 0
    logo_ground: Ground = Ground.ANY
    logo_url: str = f"cid:{LOGO_ID}"
    """Of the attachment; a page that shows the email has another."""
    support_contact: str | None = None
    support_href: str | None = None
    legal_url: str | None = None
    privacy_url: str | None = None

    def footer(self) -> list[FooterLine]:
        """What the company says below each of its emails, in the reader's language."""
        lines = (
            (_("Support:"), self.support_contact, self.support_href),
            (_("Legal notice:"), self.legal_url, self.legal_url),
            (_("Privacy:"), self.privacy_url, self.privacy_url),
        )
        return [FooterLine(label, text, url) for label, text, url in lines if text]


PORTICO = Look()
