"""How a company's emails look."""

from uuid import UUID

from app.companies.branding.colors import DARK, LIGHT, tones
from app.companies.branding.queries import branding_of
from app.core.branding import Branding
from app.core.email_look import Look


def email_look(company_id: UUID) -> Look:
    """The company's name and looks, in one query."""
    return look_of(*branding_of(company_id))


def look_of(name: str, branding: Branding) -> Look:
    return Look(
        name=name,
        logo_hash=branding.logo_hash,
        logo_width=branding.logo_width,
        logo_height=branding.logo_height,
        logo_ground=branding.logo_ground,
        support_contact=branding.support_contact,
        support_href=branding.support_href,
        legal_url=branding.legal_url,
        privacy_url=branding.privacy_url,
        **_colors(branding),
    )


def _colors(branding: Branding) -> dict[str, str]:
    if not branding.accent or not branding.accent_dark:
        return {}
    light, dark = tones(branding.accent, LIGHT), tones(branding.accent_dark, DARK)
    return {
        "fill": light.accent,
        "fill_text": light.on_accent,
        "fill_dark": dark.accent,
        "fill_text_dark": dark.on_accent,
        "link": light.link,
        "link_dark": dark.link,
    }
