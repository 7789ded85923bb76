"""Reads for companies."""

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.companies.models import Company, LoginPage, RetiredCode
from app.core.database import db, now


def by_code(code: str) -> Company | None:
    """The company that has a login page with this code."""
    return db.session.scalar(sa.select(Company).join(Company.login_pages).where(LoginPage.code == code))


def by_main_code(code: str) -> Company | None:
    """The company whose main login page has this code."""
    return db.session.scalar(
        sa.select(Company).join(Company.login_pages).where(LoginPage.code == code, LoginPage.position == 0)
    )


def main_code(company_id: UUID) -> str:
    """The code of the company's main login page."""
    return db.session.scalars(
        sa.select(LoginPage.code).where(LoginPage.company_id == company_id, LoginPage.position == 0)
    ).one()


def by_public_id(public_id: str) -> Company | None:
    return db.session.scalar(sa.select(Company).where(Company.public_id == public_id, Company.is_active))


def public_ids(company_ids: Collection[UUID]) -> list[str]:
    """The public ids of these companies, sorted."""
    if not company_ids:
        return []
    query = sa.select(Company.public_id).where(Company.id.in_(company_ids)).order_by(Company.public_id)
    return list(db.session.scalars(query))


def everything() -> Sequence[Company]:
    """All companies with their login pages, by name."""
    query = sa.select(Company).options(selectinload(Company.login_pages)).order_by(Company.name)
    return db.session.scalars(query).all()


def by_id(company_id: UUID) -> Company:
    return db.session.scalars(
        sa.select(Company).options(selectinload(Company.login_pages)).where(Company.id == company_id)
    ).one()


def login_page(company_id: UUID, page_id: UUID) -> LoginPage | None:
    return db.session.scalar(sa.select(LoginPage).where(LoginPage.company_id == company_id, LoginPage.id == page_id))


def code_is_free(company_id: UUID | None, code: str) -> bool:
    """Whether a company (None: a new one) can use a login code: it is not in use, and was never another company's."""
    if db.session.scalar(sa.select(LoginPage.id).where(LoginPage.code == code)) is not None:
        return False
    # A deleted company's codes have none.
    others = sa.or_(RetiredCode.company_id.is_(None), RetiredCode.company_id != company_id) if company_id else sa.true()
    reserved = sa.select(RetiredCode.id).where(RetiredCode.code == code, others)
    return db.session.scalar(reserved) is None


def forwarded(code: str) -> str | None:
    """The code that replaced a released one; None if it doesn't forward."""
    return db.session.scalar(
        sa.select(LoginPage.code)
        .join(RetiredCode, RetiredCode.page_id == LoginPage.id)
        .where(RetiredCode.code == code, RetiredCode.forwards_until > now())
    )
