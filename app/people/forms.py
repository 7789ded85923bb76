"""Forms for adding and changing people."""

from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, Field, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from app.core.email_address import InvalidEmail, normalize_email, parse_email
from app.core.text import sanitize_name
from app.people.imports.csv_parser import LONGEST_NAME
from app.people.method_choices import Choice
from app.people.models import Role

ROLE_WORDS = {Role.MEMBER: "Member", Role.ADMIN: "Admin", Role.OWNER: "Owner"}


def address(text: str | None) -> str:
    return normalize_email(text or "")


def an_address(_form: Any, field: Field) -> None:
    try:
        parse_email(field.data)
    except InvalidEmail as error:
        raise ValidationError(str(error)) from None


class InvitationForm(FlaskForm):
    class Meta:
        csrf = False  # One check for all forms runs before every view.

    email = StringField("Email address", [DataRequired("Enter an address."), an_address], [address])
    name = StringField("Full name", [DataRequired("Enter a name."), Length(max=LONGEST_NAME)], [sanitize_name])
    role = SelectField("Role", default=Role.MEMBER)
    method = SelectField("Signs in with", default="any")

    def __init__(self, roles: list[Role], choices: list[Choice], **options: Any) -> None:
        super().__init__(**options)
        self.role.choices = [(role, ROLE_WORDS[role]) for role in roles]
        self.method.choices = [(choice.value, choice.words) for choice in choices]


class ImportForm(FlaskForm):
    class Meta:
        csrf = False

    file = FileField("CSV file")
    method = SelectField("They sign in with", default="any")
    sends_mail = BooleanField("Send each of them an invitation by mail")

    def __init__(self, choices: list[Choice], **options: Any) -> None:
        super().__init__(**options)
        self.method.choices = [(choice.value, choice.words) for choice in choices]
