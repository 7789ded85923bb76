"""What forms of several packages ask of a company."""

from wtforms import StringField
from wtforms.validators import DataRequired, Length

from app.core.text import sanitize_name
from app.core.translation import lazy_gettext as _l

LONGEST_NAME = 100


def name_field() -> StringField:
    return StringField(
        _l("Company name"),
        [DataRequired(_l("Enter your company’s name.")), Length(max=LONGEST_NAME)],
        [sanitize_name],
    )
