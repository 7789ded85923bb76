"""Forms of the page Provisioning."""

from datetime import date, timedelta

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from app.core.translation import lazy_gettext as _l
from app.http.forms import Form, YesField

TOKEN_DAYS = {"90": _l("90 days"), "180": _l("6 months"), "365": _l("1 year")}
"""How long a token can work."""


class TokenForm(Form):
    days = SelectField(
        _l("Expires after"),
        choices=[SelectChoice(days, words) for days, words in TOKEN_DAYS.items()],
        default="180",
    )

    def expires(self, today: date) -> date:
        """The last day on which the new token works."""
        return today + timedelta(days=int(self.days.data))


class ConfirmForm(Form):
    """A button that asks for confirmation first."""

    confirmed = YesField()
