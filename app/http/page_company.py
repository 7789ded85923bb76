"""The company whose looks a page has: its login page's, or that of the signed-in person.

Noted when it becomes known, so that no page, not even that of an error, needs a query for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Flask, g, has_request_context, url_for

from app.core.branding import Branding

STYLE_VERSION = "1"
"""Changes whenever the same accent color makes another style sheet, so that cached ones are replaced."""


@dataclass(frozen=True)
class PageCompany:
    name: str
    """As shown."""
    branding: Branding
    unsaved_images: Mapping[str, str] = field(default_factory=dict)
    """Data URLs by hash, in a preview."""

    @property
    def stylesheet_url(self) -> str | None:
        """The style sheet of the accent color, which a browser can cache indefinitely; None without an accent color."""
        accent, accent_dark = self.branding.accent, self.branding.accent_dark
        if not accent or not accent_dark:
            return None
        colors = f"{accent}{accent_dark}".replace("#", "-").removeprefix("-")
        return url_for("companies.branding.stylesheet", version=STYLE_VERSION, colors=colors)

    def image_url(self, image_hash: str) -> str:
        return self.unsaved_images.get(image_hash) or url_for("companies.branding.image", image_hash=image_hash)


def init_app(app: Flask) -> None:
    app.jinja_env.globals["page_company"] = page_company


def note(name: str, branding: Branding) -> None:
    """The page is of this company, also if the person is signed in at another one."""
    if has_request_context():
        g.page_company = PageCompany(name, branding)


def note_visitor(name: str, branding: Branding) -> None:
    """The person is signed in at this company."""
    g.visitor_company = PageCompany(name, branding)


def preview(company: PageCompany) -> None:
    """The page is a preview of a branding that may not be saved, whatever else is noted."""
    g.previewed_company = company


def page_company() -> PageCompany | None:
    """The company of this response; None if it isn't known. Asks neither the database nor the session."""
    found: PageCompany | None = g.get("previewed_company") or g.get("page_company") or g.get("visitor_company")
    return found
