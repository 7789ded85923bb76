"""Writes for branding. They flush and record an audit entry; the caller's unit of work commits."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.companies import BrandingChanged
from app.audit.log import record
from app.companies.actions import lock_company
from app.companies.branding.images import EncodedImage, ImageKind
from app.companies.branding.models import BrandingImage
from app.companies.models import Company
from app.core.branding import Branding, Ground
from app.core.database import db

NOT_RECORDED = ("logo_width", "logo_height", "logo_ground")
"""They follow from the logo."""


def change(
    company: Company,
    *,
    actor_id: UUID | None = None,
    images: Mapping[ImageKind, EncodedImage | None] | None = None,
    **values: Any,
) -> list[str]:
    """Sets the values that differ, which are fields of `Branding`; returns their names. Of `images`, None removes
    one.
    """
    # Two saves at once would each write the values that the other has just replaced.
    lock_company(company.id)
    db.session.refresh(company)
    before = company.branding
    for kind, image in (images or {}).items():
        values |= values_of_image(kind, image)
        _store(company.id, kind, image)
    company.branding = replace(before, **values)
    db.session.flush()
    changed = _changes(before, company.branding)
    if changed:
        record(BrandingChanged(company_id=company.id, actor_id=actor_id, subject_id=company.id, changed=changed))
    return list(changed)


def _store(company_id: UUID, kind: ImageKind, image: EncodedImage | None) -> None:
    db.session.execute(
        sa.delete(BrandingImage).where(BrandingImage.company_id == company_id, BrandingImage.kind == kind)
    )
    if image:
        content = {"hash": image.hash, "mime_type": image.mime_type, "content": image.content}
        db.session.add(BrandingImage(company_id=company_id, kind=kind, **content))


def values_of_image(kind: ImageKind, image: EncodedImage | None) -> dict[str, Any]:
    """The fields of `Branding` that an image decides."""
    image_hash = {f"{kind}_hash": image.hash if image else None}
    if kind is not ImageKind.LOGO:
        return image_hash
    if image is None:
        return image_hash | {"logo_width": 0, "logo_height": 0, "logo_ground": Ground.ANY}
    return image_hash | {"logo_width": image.width, "logo_height": image.height, "logo_ground": image.ground}


def _changes(before: Branding, after: Branding) -> dict[str, list[Any]]:
    """The old and the new value of each changed field, with images as the beginning of their hash."""
    old, new = asdict(before), asdict(after)
    changed = {name: [old[name], new[name]] for name in old if old[name] != new[name] and name not in NOT_RECORDED}
    return {
        name.removesuffix("_hash"): [one and one[:8] for one in both] if name.endswith("_hash") else both
        for name, both in changed.items()
    }
