"""Helpers for tests of account linking: emailed links, and accounts with a password."""

import re
from uuid import UUID

from flask import Flask

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people import actions as people
from app.people import queries
from app.people.imports.csv_parser import NewPerson
from app.people.invitations import actions as invitations
from app.people.invitations.actions import SignInAssignment
from app.people.models import Person, Role, SignInMethod
from tests.browser import Browser
from tests.mail_server import LocalMailServer, text_of
from tests.tasks import run_tasks

PASSWORD = "four words make one"


def link(mail_server: LocalMailServer, app: Flask, recipient: str) -> str:
    """The path of the link in the last email to this recipient."""
    run_tasks(app)
    emails = [message for message in mail_server.emails if message["To"] == recipient]
    found = re.findall(rf"{re.escape(app.config['BASE_URL'])}(/\S+)", text_of(emails[-1]))
    return str(found[0])


def account(app: Flask, company_id: object, email: str, name: str = "An Account", role: str = "member") -> Person:
    """A person with a password."""
    with app.app_context(), unit_of_work():
        return people.make(company_id, email=email, name=name, role=role, password=PASSWORD)  # type: ignore[arg-type]


def imported(
    app: Flask, email: str, name: str = "Ina Import", *, role: str = "member", invited: bool = False
) -> Person:
    """A person as an import adds them, invited or not."""
    company_id = company_of(app)
    assert isinstance(company_id, UUID)
    with app.app_context(), unit_of_work():
        person = invitations.as_person(
            company_id, NewPerson(email, name, Role(role)), SignInAssignment(SignInMethod.ANY)
        )
        db.session.add(person)
        db.session.flush()
        if invited:
            invitations.invite(person, actor_id=person.id)
        return person


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
