"""Forms for sessions."""

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from app.core.translation import lazy_gettext as _l
from app.http.forms import Form
from app.sessions.limits import IDLE_CHOICES, REMEMBER_CHOICES, SESSION_CHOICES

NOT_REMEMBERED = 0


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
    remember_days = SelectField(
        _l("Stay signed in on a device"),
        coerce=int,
        choices=[
            SelectChoice(NOT_REMEMBERED, _l("Not allowed")),
            *(SelectChoice(days, _l(words)) for days, words in REMEMBER_CHOICES.items()),
        ],
    )

    @property
    def days(self) -> int | None:
        """For how many days people may stay signed in on a device; None if they may not."""
        return self.remember_days.data or None
