"""Forms for sessions."""

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from app.core.translation import lazy_gettext as _l
from app.http.forms import Form
from app.sessions.limits import IDLE_CHOICES, SESSION_CHOICES


class LimitsForm(Form):
    """How long a company's people stay signed in."""

    idle_minutes = SelectField(
        _l("Sign out after inactivity"),
        coerce=int,
        choices=[SelectChoice(minutes, _l(words)) for minutes, words in IDLE_CHOICES.items()],
    )
    session_hours = SelectField(
        _l("Maximum session length"),
        coerce=int,
        choices=[SelectChoice(hours, _l(words)) for hours, words in SESSION_CHOICES.items()],
    )
