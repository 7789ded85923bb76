"""Reads for the worker that deletes companies."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.companies.deletion.actions import REMINDED_BEFORE
from app.companies.models import Company, CompanyErasure, DeletedCompany
from app.core.database import db


def to_remind(moment: datetime) -> Sequence[UUID]:
    """The companies that are deleted within a day, whose owners don't know that yet."""
    query = sa.select(Company.id).where(
        Company.deletes_at <= moment + REMINDED_BEFORE, Company.deletion_reminded_at.is_(None)
    )
    return db.session.scalars(query).all()


def due(moment: datetime) -> Sequence[UUID]:
    """The companies whose time of grace is over."""
    has_begun = sa.exists().where(CompanyErasure.company_id == Company.id)
    query = sa.select(Company.id).where(
        Company.deletes_at <= moment, Company.deletion_reminded_at.is_not(None), ~has_begun
    )
    return db.session.scalars(query).all()


def begun() -> Sequence[CompanyErasure]:
    """The companies whose deletion has begun, the longest ago first."""
    return db.session.scalars(sa.select(CompanyErasure).order_by(CompanyErasure.began_at)).all()


def deleted() -> Sequence[DeletedCompany]:
    """The deleted companies, the latest first."""
    return db.session.scalars(sa.select(DeletedCompany).order_by(DeletedCompany.id.desc())).all()
