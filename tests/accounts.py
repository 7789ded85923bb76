"""Helpers for tests of account linking: emailed links, and accounts with a password."""

import re

from flask import Flask

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people import actions as people
from app.people import queries
from app.people.models import Person
from tests.browser import Browser
from tests.post_office import PostOffice, work

PASSWORD = "four words make one"


def link(office: PostOffice, app: Flask, reader: str) -> str:
    """The path of the link in the last email to this recipient."""
    work(app)
    letters = [letter for letter in office.letters if letter["To"] == reader]
    found = re.findall(rf"{re.escape(app.config['BASE_URL'])}(/\S+)", letters[-1].get_content())
    return str(found[0])


def account(app: Flask, company_id: object, email: str, name: str = "An Account", role: str = "member") -> Person:
    """A person with a password."""
    with app.app_context(), unit_of_work():
        return people.make(company_id, email=email, name=name, role=role, password=PASSWORD)  # type: ignore[arg-type]


def company_of(app: Flask, email: str = "owner@contoso.example") -> object:
    with app.app_context():
        return db.session.query(Person.company_id).filter(Person.email == email).scalar()


def sign_in(browser: Browser, email: str, password: str = PASSWORD, code: str = "contoso") -> int:
    given = {"email": email, "password": password}
    return browser.post_form(f"/login/{code}/password", page=f"/login/{code}?choose=1", **given).status_code


def person(app: Flask, email: str) -> Person:
    with app.app_context():
        company_id = company_of(app)
        found = queries.by_sign_in_email(company_id, email)  # type: ignore[arg-type]
        assert found
        return found
