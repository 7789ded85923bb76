"""The form for a company's branding."""

import base64
import binascii
from collections.abc import Callable
from contextlib import closing
from typing import Any

from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, Field, RadioField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice

from app.companies.branding.colors import DARK, LIGHT
from app.companies.branding.images import LARGEST_BYTES, EncodedImage, ImageFault, ImageKind, encode
from app.companies.branding.rules import (
    InvalidAccent,
    InvalidBranding,
    dark_accent,
    parse_accent,
    parse_contact,
    parse_name,
    parse_url,
)
from app.core.branding import Background, Branding
from app.core.text import sanitize, sanitize_code
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form

BACKGROUNDS = {
    Background.DRAWING: _l("Portico’s drawing"),
    Background.PLAIN: _l("Your accent color"),
    Background.IMAGE: _l("An image"),
}


class ImageField(FileField):
    """An image, as a file or as the page kept it: its `data` is an EncodedImage, or None if there is none."""

    def __init__(self, label: str, kind: ImageKind, **options: Any) -> None:
        super().__init__(label, **options)
        self.kind = kind

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        contents = [content for value in valuelist if (content := _content(value)) is not None]
        if not contents:
            return
        try:
            self.data = encode(contents[0], self.kind)
        except ImageFault as fault:
            raise ValueError(_(str(fault))) from None

    @property
    def kept(self) -> str | None:
        """What the page posts again, since browsers forget the files of a form that has to be corrected."""
        return base64.b64encode(self.data.content).decode() if isinstance(self.data, EncodedImage) else None


def _content(value: Any) -> bytes | None:
    if isinstance(value, FileStorage):
        with closing(value):
            return value.read(LARGEST_BYTES + 1) if value.filename else None
    try:
        return base64.b64decode(value, validate=True) or None
    except (binascii.Error, ValueError):
        return None


class BrandingForm(Form):
    display_name = StringField(_l("Name as shown"), filters=[sanitize])
    logo = ImageField(_l("Logo"), ImageKind.LOGO)
    remove_logo = BooleanField(_l("Remove the logo"))
    icon = ImageField(_l("Icon"), ImageKind.ICON)
    remove_icon = BooleanField(_l("Remove the icon"))
    accent = StringField(_l("Accent color"), filters=[sanitize_code])
    use_accent = StringField(filters=[sanitize_code])
    """The color that was offered instead, sent by a button."""
    accent_dark = StringField(_l("Accent color in dark mode"), filters=[sanitize_code])
    use_accent_dark = StringField(filters=[sanitize_code])
    background = RadioField(
        _l("Background"), choices=[SelectChoice(kind.value, words) for kind, words in BACKGROUNDS.items()]
    )
    background_image = ImageField(_l("Background image"), ImageKind.BACKGROUND)
    remove_background_image = BooleanField(_l("Remove the image"))
    support_contact = StringField(_l("Support contact"), filters=[sanitize])
    legal_url = StringField(_l("Legal notice"), filters=[sanitize_code])
    privacy_url = StringField(_l("Privacy policy"), filters=[sanitize_code])

    def __init__(self, saved: Branding, **options: Any) -> None:
        automatic = saved.accent_dark == dark_accent(saved.accent)
        super().__init__(
            data={
                **{one: getattr(saved, one) for one in ("display_name", "accent", "background")},
                **{one: getattr(saved, one) for one in ("support_contact", "legal_url", "privacy_url")},
                "accent_dark": None if automatic else saved.accent_dark,
            },
            **options,
        )
        self._saved = saved
        self.offered: dict[str, str] = {}
        """Colors that pass, by the name of the field with one that doesn't."""
        self.accent.data = self.use_accent.data or self.accent.data
        self.accent_dark.data = self.use_accent_dark.data or self.accent_dark.data

    def validate_display_name(self, field: Field) -> None:
        self._parsed(field, parse_name)

    def validate_accent(self, field: Field) -> None:
        self._parsed(field, lambda text: parse_accent(text, LIGHT))

    def validate_accent_dark(self, field: Field) -> None:
        self._parsed(field, lambda text: parse_accent(text, DARK))
        if field.data and not self.accent.data:
            raise ValidationError(_("Choose an accent color first."))

    def validate_background(self, field: Field) -> None:
        if field.data == Background.IMAGE and not self._has_image:
            raise ValidationError(_("Choose an image below, or another background."))

    def validate_support_contact(self, field: Field) -> None:
        self._parsed(field, parse_contact)

    def validate_legal_url(self, field: Field) -> None:
        self._parsed(field, parse_url)

    def validate_privacy_url(self, field: Field) -> None:
        self._parsed(field, parse_url)

    @property
    def images(self) -> dict[ImageKind, EncodedImage | None]:
        """The images that change; None removes one."""
        fields = (
            (self.logo, self.remove_logo),
            (self.icon, self.remove_icon),
            (self.background_image, self.remove_background_image),
        )
        return {field.kind: field.data for field, remove in fields if field.data or remove.data}

    @property
    def values(self) -> dict[str, Any]:
        """The other fields of `Branding`, without those that are invalid; and the color offered instead of one that is.
        What a preview shows of a form that can't be saved.
        """
        names = ("display_name", "accent", "accent_dark", "support_contact", "legal_url", "privacy_url")
        values = {name: self[name].data or None for name in names if not self[name].errors} | self.offered
        if not self.background.errors:
            values["background"] = Background(self.background.data)
        if "accent" in values:
            values["accent_dark"] = values.get("accent_dark") or dark_accent(values["accent"])
        return values

    @property
    def _has_image(self) -> bool:
        if self.background_image.data or self.background_image.process_errors:
            # An image that can't be used has an error of its own.
            return True
        return bool(self._saved.background_hash) and not self.remove_background_image.data

    def _parsed(self, field: Field, parse: Callable[[str], str | None]) -> None:
        try:
            field.data = parse(field.data or "")
        except InvalidAccent as fault:
            self.offered[field.name] = fault.offered
            raise ValidationError(str(fault)) from None
        except InvalidBranding as fault:
            raise ValidationError(str(fault)) from None
