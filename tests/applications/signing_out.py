"""What ends sessions, and what applications are told of it."""

from collections.abc import Callable

import sqlalchemy as sa

from app.applications.backchannel.models import LogoutDelivery
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people.models import Person
from tests.applications.people import Session
from tests.cast import Cast


def deliveries(cast: Cast) -> list[LogoutDelivery]:
    with cast.app.app_context():
        return list(db.session.scalars(sa.select(LogoutDelivery).order_by(LogoutDelivery.id)))


def sign_out(owner: Session) -> None:
    owner.browser.post_form("/logout", page="/account")


def in_unit(cast: Cast, owner: Session, act: Callable[[Person], object]) -> None:
    """Does something to the owner, as another one."""
    with cast.app.app_context(), unit_of_work():
        act(db.session.get_one(Person, owner.person_id))
