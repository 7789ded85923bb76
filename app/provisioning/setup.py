"""Connects the package to the application; called once at the start."""

import sqlalchemy as sa
from flask import Flask

from app.login import after_identity
from app.login.after_identity import IdentityHandler
from app.people.bulk.rules import Action, Exclusion, leave_out
from app.people.models import Person
from app.provisioning.leavers import actions as leavers
from app.provisioning.roles import reading, sync
from app.provisioning.roles.models import MappedAdmin
from app.provisioning.scim import errors


def init_app(app: Flask) -> None:
    handler = IdentityHandler(read=reading.read, keep=sync.keep, apply=sync.apply, keep_token=leavers.keep)
    after_identity.register(app, handler)
    # The next sign-in or change of the directory would undo it.
    leave_out(Action.ROLE, sa.exists().where(MappedAdmin.person_id == Person.id), Exclusion.MAPPED)
    errors.init_app()
