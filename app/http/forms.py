"""The one way to read a form: a package's `forms.py` declares its fields, and `templates/forms.html` shows them.

Lines of text are cleaned by `core/text.py` (as a field's filter), email addresses are parsed by
`core/email_address.py`, and JSON is read by `core/strict_json.py`.
"""

from typing import Any, Self

from flask import abort, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import Field, HiddenField, SelectMultipleField, ValidationError
from wtforms.form import BaseForm
from wtforms.widgets import CheckboxInput, ListWidget

from app.core import strict_json
from app.core.email_address import InvalidEmail, normalize_email, parse_email
from app.core.strict_json import InvalidJson
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.http.redirects import safe_next

LONGEST_TYPED_EMAIL = 320
NOT_VALID = N_("Check this field.")
WTFORMS = {
    "This field is required.": N_("Fill in this field."),
    "Not a valid choice.": N_("Choose one of the options."),
    "Not a valid date value.": N_("Enter a date."),
    "Field cannot be longer than %(max)d character.": N_("Use %(max)d characters or fewer."),
}
"""WTForms' messages that people can see, with ours."""


class Form(FlaskForm):
    """The base of all forms. It reads the fields and files of a POST, unless `formdata` says otherwise."""

    class Meta:
        csrf = False  # One check for all forms runs before every view.

        def get_translations(self, _form: BaseForm) -> "_Messages":
            return _Messages()

    def __init__(self, **options: Any) -> None:
        options.setdefault("formdata", _submitted())
        super().__init__(**options)

    def or_400(self) -> Self:
        """The form; aborts with 400 if it is invalid. For fields in which people choose but don't type."""
        if not self.validate():
            abort(400)
        return self


def _submitted() -> MultiDict[str, Any] | None:
    """By itself Flask-WTF would read a JSON body as well, whatever its shape."""
    return CombinedMultiDict([request.files, request.form]) if request.method == "POST" else None


class _Messages:
    """Our texts instead of WTForms' own."""

    def gettext(self, text: str) -> str:
        return _(WTFORMS.get(text, NOT_VALID))

    def ngettext(self, singular: str, _plural: str, _number: int) -> str:
        return _(WTFORMS.get(singular, NOT_VALID))


class YesField(HiddenField):
    """A hidden field that says yes or no: what a button sets."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist == ["yes"]

    def _value(self) -> str:
        return "yes" if self.data else "no"


class CheckboxesField(SelectMultipleField):
    """Any number of options, each with a checkbox."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class NextField(HiddenField):
    """Where to go afterwards: a path of this site."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default="/", **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = safe_next(valuelist[0] if valuelist else None)


class JsonField(HiddenField):
    """A JSON object that a script fills in; None if it is empty. Aborts with 400 if it is anything else."""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0] if valuelist else ""
        try:
            self.data = strict_json.read_object(text) if text else None
        except InvalidJson:
            abort(400)

    def _value(self) -> str:
        return ""


def clean_email(text: str | None) -> str:
    """A filter: the address in its one form."""
    return normalize_email(text or "")


def typed_email(text: str | None) -> str:
    """A filter for an address that is only looked up, and shown again as it was typed."""
    return (text or "").strip()[:LONGEST_TYPED_EMAIL]


def valid_email(_form: Any, field: Field) -> None:
    """A validator of addresses that are stored."""
    try:
        parse_email(field.data)
    except InvalidEmail as error:
        raise ValidationError(str(error)) from None
