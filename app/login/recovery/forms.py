"""The form for a recovery code."""

from wtforms import StringField

from app.core.translation import lazy_gettext as _l
from app.http.forms import Form, NextField


class RecoveryForm(Form):
    key = StringField(_l("Recovery code"))
    next = NextField()
