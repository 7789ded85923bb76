"""All reads about companies."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.companies.models import Company, LoginPage
from app.database import db


def by_code(code: str) -> Company | None:
    """The company that has a login page under this code."""
    return db.session.scalar(sa.select(Company).join(Company.login_pages).where(LoginPage.code == code))


def everything() -> Sequence[Company]:
    """All companies with their login pages, by name."""
    query = sa.select(Company).options(selectinload(Company.login_pages)).order_by(Company.name)
    return db.session.scalars(query).all()
