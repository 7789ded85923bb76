"""The page that a person wanted who forgot the password: this browser remembers it until they have a new one."""

from uuid import UUID

from flask import session

KEY = "password_reset"


def keep(company_id: UUID, next_path: str) -> None:
    session[KEY] = [str(company_id), next_path]


def kept(company_id: UUID) -> str:
    """The page, if the password was forgotten at this company in this browser; else "/"."""
    at_company, next_path = session.get(KEY, ("", ""))
    return next_path if at_company == str(company_id) else "/"


def forget() -> None:
    session.pop(KEY, None)
