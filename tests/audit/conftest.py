"""Companies without anything but their audit log."""

from uuid import UUID

import pytest
from flask import Flask

from app.companies.models import Company
from app.core.database import db
from app.core.unit_of_work import unit_of_work


@pytest.fixture
def company_ids(app: Flask) -> list[UUID]:
    with app.app_context():
        with unit_of_work():
            companies = [Company(name=name) for name in ("Contoso", "Fabrikam", "Tailspin")]
            db.session.add_all(companies)
        return [company.id for company in companies]
