"""A client secret pasted into a form that has to be shown again: the form carries it encrypted.

Microsoft shows a secret's value once, so an error in another field must not lose it. The page's value is decrypted only
here, for the person it was shown to, in the same form, within an hour.
"""

from dataclasses import dataclass
from typing import Any

from wtforms import HiddenField

from app.core.sealed_state import SealedState
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.http.forms import Form

LIFE_SECONDS = 3600
LOST = N_("Paste the secret’s Value again. It was kept with this page for one hour only.")


@dataclass(frozen=True)
class KeptSecret:
    secret: str


SECRET = SealedState("form_secret", KeptSecret, lifetime=LIFE_SECONDS)


class KeptSecretForm(Form):
    """The base of forms with a field named `secret`.

    `place` identifies the form and its record. Without one nothing is kept.
    """

    secret_kept = HiddenField()

    def __init__(self, place: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._place = place
        self._is_lost = False
        if not self["secret"].data and self.secret_kept.data:
            self["secret"].data = self._opened(self.secret_kept.data)
            self._is_lost = self["secret"].data is None

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        if self._is_lost:
            self["secret"].errors = [*self["secret"].errors, _(LOST)]
        return valid and not self._is_lost

    @property
    def kept_secret(self) -> str:
        """The pasted secret, encrypted; empty if there is none or it was invalid."""
        field = self["secret"]
        if not self._place or not field.data or field.errors:
            return ""
        return SECRET.encrypt(KeptSecret(field.data), self._place)

    def _opened(self, kept: str) -> str | None:
        held = SECRET.find(kept, self._place or "")
        return held.secret if held else None
