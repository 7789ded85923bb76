"""Reads for branding. Nearly always a query of something else has it: `Company.branding`, `LoginPageView.branding`."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from app.companies.branding.models import BrandingImage
from app.companies.models import Company
from app.core.branding import Branding
from app.core.database import db, read

IMAGE = (
    sa.select(BrandingImage.content, BrandingImage.mime_type)
    .join(Company, BrandingImage.company_id == Company.id)
    .where(BrandingImage.hash == sa.bindparam("hash"), Company.is_active)
)


@dataclass(frozen=True)
class Image:
    content: bytes
    mime_type: str


def branding_of(company_id: UUID) -> tuple[str, Branding]:
    """The company's name as shown, and its branding."""
    company = db.session.execute(sa.select(Company.name, Company.branding).where(Company.id == company_id)).one()
    return company.branding.shown_name(company.name), company.branding


def image(image_hash: str) -> Image | None:
    """An image of any company: login pages are public, and a hash can't be guessed."""
    rows = read(IMAGE, {"hash": image_hash})
    return Image(rows[0].content, rows[0].mime_type) if rows else None
