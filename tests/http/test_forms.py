"""Parsing and rendering of forms."""

import re

import pytest
from flask import Flask, get_template_attribute
from werkzeug.exceptions import BadRequest
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from app.http.forms import Form, JsonField, NextField, YesField


class AForm(Form):
    name = StringField("Name", [DataRequired("Enter a name."), Length(max=5, message="Use 5 characters.")])
    role = SelectField("Role", choices=[SelectChoice("member", "Member")], default="member")
    keep = RadioField("Keep it", choices=[SelectChoice("no", "No"), SelectChoice("yes", "Yes")], default="no")
    agreed = YesField()
    next = NextField()
    answer = JsonField()


def shown(app: Flask, form: AForm, name: str, **options: object) -> str:
    with app.test_request_context():
        return str(get_template_attribute("forms.html", "field")(form[name], **options))


def posted(app: Flask, **fields: str) -> AForm:
    with app.test_request_context(method="POST", data=fields):
        return AForm()


def test_json_body_is_not_read_as_form(app: Flask) -> None:
    for body in ('{"name": "x"}', "[1]", "7"):
        with app.test_request_context(method="POST", data=body, content_type="application/json"):
            assert not AForm().name.data


@pytest.mark.parametrize(
    ("sent", "agreed"), [({"agreed": "yes"}, True), ({"agreed": "no"}, False), ({"agreed": "y"}, False), ({}, False)]
)
def test_only_yes_counts_as_yes(app: Flask, sent: dict[str, str], agreed: bool) -> None:
    assert posted(app, **sent).agreed.data is agreed


@pytest.mark.parametrize(
    ("sent", "path"), [("/people", "/people"), ("//evil.example", "/"), ("https://evil.example/", "/"), (None, "/")]
)
def test_next_path_stays_on_this_site(app: Flask, sent: str | None, path: str) -> None:
    assert posted(app, **({} if sent is None else {"next": sent})).next.data == path


def test_json_field_is_an_object_or_none(app: Flask) -> None:
    assert posted(app, answer='{"a": 1}').answer.data == {"a": 1}
    assert posted(app).answer.data is None
    with pytest.raises(BadRequest):
        posted(app, answer="[]")


def test_unknown_choice_returns_400(app: Flask) -> None:
    assert posted(app, name="Ann").or_400().role.data == "member"
    with pytest.raises(BadRequest):
        posted(app, name="Ann", role="king").or_400()


def test_error_and_hint_are_linked_to_their_control(app: Flask) -> None:
    with app.test_request_context(method="POST", data={"name": "too long a name"}):
        form = AForm()
        assert not form.validate()
    page = shown(app, form, "name", hint="As people know you.")
    control = re.search(r"<input[^>]*>", page)
    assert control
    assert 'aria-invalid="true"' in control[0]
    assert 'aria-describedby="name-error name-hint"' in control[0]
    assert 'value="too long a name"' in control[0]
    assert "maxlength" not in control[0], "a browser would silently truncate pasted text"
    assert '<label class="form-label" for="name">Name</label>' in page
    assert re.search(r'id="name-error"[^>]*>Use 5 characters\.<', page)
    assert re.search(r'id="name-hint"[^>]*>As people know you\.<', page)


def test_field_without_visible_label_has_an_aria_label(app: Flask) -> None:
    with app.test_request_context():
        form = AForm()
    page = shown(app, form, "role", bare=True)
    assert 'aria-label="Role"' in page
    assert "<label" not in page


def test_radio_buttons_are_one_group_with_a_hint_each(app: Flask) -> None:
    with app.test_request_context():
        form = AForm()
    page = shown(app, form, "keep", hints={"no": "It goes.", "yes": "It stays."})
    assert '<legend class="form-label">Keep it</legend>' in page
    assert re.search(r'<input aria-describedby="keep-1-hint"[^>]*value="yes"', page)
    assert '<div class="form-text" id="keep-1-hint">It stays.</div>' in page
    assert re.search(r'<input[^>]*checked[^>]*value="no"', page)
