"""The statement that stores profiles from Microsoft Graph."""

from typing import cast

import sqlalchemy as sa

from app.people.models import CONFIRMED_EMAIL, Person

PERSON = cast(sa.Table, Person.__table__)


def _apply_profile() -> sa.Update:
    """The statement that stores a profile. An address that belongs to an account which this person may still prove to
    be theirs isn't stored for them until then, so that two people share an address only after one was asked.
    """
    person, other = PERSON.c, PERSON.alias("other").c
    read = {name: sa.bindparam(f"read_{name}", type_=sa.Text()) for name in ("email", "title", "name", "sort_name")}
    is_another_accounts = sa.exists().where(
        other.company_id == sa.bindparam("its_company"),
        other.sign_in_email == read["email"],
        other.id != sa.bindparam("its_person"),
        other.oid.is_(None),
        other.is_active,
    )
    email = sa.case(
        (read["email"].is_(None), CONFIRMED_EMAIL), (is_another_accounts, person.email), else_=read["email"]
    )
    photo = sa.bindparam("read_avatar_hash", type_=sa.Text())
    return (
        sa.update(PERSON)
        .where(person.company_id == sa.bindparam("its_company"), person.id == sa.bindparam("its_person"))
        .values(
            email=email,
            email_verified_at=sa.case((person.email.is_not_distinct_from(email), person.email_verified_at)),
            title=read["title"],
            name=sa.func.coalesce(read["name"], person.name),
            sort_name=sa.func.coalesce(read["sort_name"], person.sort_name),
            avatar_hash=sa.case((sa.bindparam("photo_is_known", type_=sa.Boolean()), photo), else_=person.avatar_hash),
            synced_at=sa.bindparam("moment"),
        )
    )


APPLY_PROFILE = _apply_profile()
