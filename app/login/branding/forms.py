"""The form that chooses what the preview shows."""

from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from app.http.forms import Form
from app.login.branding.previews import VIEWS

DEFAULT = "login"


class PreviewForm(Form):
    view = RadioField(choices=[SelectChoice(name, view.label) for name, view in VIEWS.items()], default=DEFAULT)

    @property
    def chosen(self) -> str:
        return self.view.data if self.view.data in VIEWS else DEFAULT
