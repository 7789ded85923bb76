"""Texts with values: the values are isolated and, on pages, escaped."""

import pytest
from flask import Flask, render_template_string

from app.core.email_look import Look
from app.core.email_rendering import render_email

NAME = "محمد <b>"


@pytest.mark.parametrize(
    "source",
    [
        "{% trans name=name %}Hello {{ name }}.{% endtrans %}",
        '{{ _("Hello %(name)s.", name=name) }}',
        '{{ ngettext("Hello %(name)s.", "Hello %(name)s and %(num)s more.", 1, name=name) }}',
    ],
)
def test_value_in_a_sentence_is_isolated_and_escaped(app: Flask, source: str) -> None:
    with app.test_request_context():
        assert render_template_string(source, name=NAME) == "Hello \u2068محمد &lt;b&gt;\u2069."


def test_translated_text_is_escaped(app: Flask) -> None:
    with app.test_request_context():
        assert render_template_string("{{ text|translated }}", text="100 % <b>") == "100 % &lt;b&gt;"


def test_value_in_an_email_is_isolated_and_escaped_only_in_html(app: Flask) -> None:
    with app.app_context():
        email = render_email("Subject", "email/reset.txt", Look(name="Contoso"), name=NAME, code="contoso", key="k")
    assert email.text.startswith("Hello \u2068محمد <b>\u2069,\n\nReset your password for Contoso:\n\nhttp")
    assert "محمد &lt;b&gt;" in email.html
