"""The branding of a company in a companies file."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, model_validator

from app.cli.companies_file.parts import Part
from app.companies.branding import actions, rules
from app.companies.branding.colors import DARK
from app.companies.branding.images import LARGEST_BYTES, EncodedImage, ImageFault, ImageKind, encode
from app.companies.models import Company
from app.core.branding import Background
from app.core.translation import gettext as _

FOLDER = "folder"
"""Of the companies file, to which the paths of images are relative: in the context of the validation."""


def _image(kind: ImageKind) -> Callable[[Any, ValidationInfo], EncodedImage]:
    def encoded(value: Any, info: ValidationInfo) -> EncodedImage:
        if not isinstance(value, str):
            raise ValueError(_("must be the path of an image"))
        folder: Path = (info.context or {}).get(FOLDER, Path())
        try:
            with (folder / value).open("rb") as file:
                return encode(file.read(LARGEST_BYTES + 1), kind)
        except OSError:
            raise ValueError(_("%(file)s: can’t be read", file=value)) from None
        except ImageFault as fault:
            raise ValueError(f"{value}: {_(str(fault))}") from None

    return encoded


Name = Annotated[str, AfterValidator(rules.parse_name)]
Accent = Annotated[str, AfterValidator(rules.parse_accent)]
DarkAccent = Annotated[str, AfterValidator(lambda text: rules.parse_accent(text, DARK))]
Contact = Annotated[str, AfterValidator(rules.parse_contact)]
Url = Annotated[str, AfterValidator(rules.parse_url)]


class BrandingPart(Part):
    """Only what is set is changed."""

    display_name: Name | None = None
    logo: Annotated[EncodedImage, BeforeValidator(_image(ImageKind.LOGO))] | None = None
    icon: Annotated[EncodedImage, BeforeValidator(_image(ImageKind.ICON))] | None = None
    background_image: Annotated[EncodedImage, BeforeValidator(_image(ImageKind.BACKGROUND))] | None = None
    accent: Accent | None = None
    accent_dark: DarkAccent | None = None
    background: Background | None = None
    support_contact: Contact | None = None
    legal_url: Url | None = None
    privacy_url: Url | None = None

    @model_validator(mode="after")
    def has_what_it_uses(self) -> "BrandingPart":
        if self.background == Background.IMAGE and self.background_image is None:
            raise ValueError(_("set background_image with this background"))
        if self.accent_dark and not self.accent:
            raise ValueError(_("set accent with accent_dark"))
        return self


def apply(company: Company, part: BrandingPart) -> list[str]:
    """Returns the names of what has changed."""
    given = part.model_dump(exclude_none=True, exclude={"logo", "icon", "background_image"})
    if "accent" in given:
        given.setdefault("accent_dark", rules.dark_accent(given["accent"]))
    images = {ImageKind.LOGO: part.logo, ImageKind.ICON: part.icon, ImageKind.BACKGROUND: part.background_image}
    changed = actions.change(company, images={kind: one for kind, one in images.items() if one}, **given)
    return [_("branding %(name)s", name=name) for name in changed]
