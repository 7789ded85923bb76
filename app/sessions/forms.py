"""Forms for sessions."""

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from app.http.forms import Form
from app.sessions.limits import IDLE_CHOICES, SESSION_CHOICES


class LimitsForm(Form):
    """How long a company's people stay signed in."""

    idle_minutes = SelectField(
        "When nobody uses it, a session ends after",
        coerce=int,
        choices=[SelectChoice(minutes, words) for minutes, words in IDLE_CHOICES.items()],
    )
    session_hours = SelectField(
        "In any case it ends after",
        coerce=int,
        choices=[SelectChoice(hours, words) for hours, words in SESSION_CHOICES.items()],
    )
