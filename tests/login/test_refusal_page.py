"""The page of a failed sign-in: its primary button is the most helpful action."""

import re
from html import unescape

import pytest
from flask import Flask

from app.entra import error_codes
from app.login import errors
from app.login.browser_binding import refusal_page
from app.login.errors import Refusal


def page(app: Flask, refusal: Refusal) -> str:
    with app.test_request_context(base_url=app.config["BASE_URL"]):
        return refusal_page(refusal, "PRT-ABCD2345", company_name="Contoso", retry_url="/login/contoso").get_data(
            as_text=True
        )


def primary(page: str) -> str:
    """The text of the only primary button."""
    (found,) = re.findall(r"<(?:a|button) class=\"btn btn-primary[^>]*>(.*?)</(?:a|button)>", page, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found).strip()


@pytest.mark.parametrize("refusal", [errors.DEACTIVATED, errors.GUEST, errors.NOT_INVITED, errors.METHOD_NOT_ALLOWED])
def test_copying_details_is_primary_where_retrying_cannot_help(app: Flask, refusal: Refusal) -> None:
    shown = page(app, refusal)
    assert primary(shown) == "Copy details for your administrator"
    assert '<a class="btn btn-quiet" href="/login/contoso">Back to sign-in</a>' in shown


@pytest.mark.parametrize("refusal", [errors.STATE, errors.EXPIRED, errors.UNREACHABLE, errors.INVALID_RESPONSE])
def test_trying_again_is_primary_otherwise(app: Flask, refusal: Refusal) -> None:
    assert primary(page(app, refusal)) == "Try again"


def test_details_are_complete_and_selectable_without_javascript(app: Flask) -> None:
    refusal = Refusal("aadsts_50105", error_codes.ADVICE[50105], code=50105)
    shown = page(app, refusal)
    copied = re.search(r'data-copy="([^"]*)"', shown)
    selectable = re.search(r"<noscript>.*?<pre[^>]*>(.*?)</pre></noscript>", shown, re.DOTALL)
    assert copied
    assert selectable
    details = unescape(copied[1])
    assert unescape(selectable[1]) == details
    title, advice, code, reference, time = details.splitlines()
    assert (title, advice) == (refusal.advice.title, refusal.advice.admin)
    assert code.endswith("AADSTS50105")
    assert reference.endswith("PRT-ABCD2345")
    assert re.search(r"\d{1,2} \w{3} \d{4}, \d\d:\d\d", time)
