"""What is done by the clock.

Warnings are a matter of days, yet looked for every hour: what a worker missed while it was down is made up for within
the hour after it is back, and what was done is done once however many workers there are.
"""

from app.connections import letters
from app.crm import bringing
from app.crm import letters as crm_letters
from app.database import db
from app.membership import importing
from app.people.keys import actions as keys
from app.people.second_factor import challenges
from app.people.sessions import actions as sessions
from app.queue import every_minute, hourly, note_worker, one_by_one


@hourly
def warn_of_ends() -> None:
    one_by_one((letters.warn_of_ends, crm_letters.warn_of_ends), lambda warn: warn())


@hourly
def forget_old_sessions() -> None:
    while sessions.forget_old():
        db.session.commit()


@hourly
def forget_ended_keys() -> None:
    keys.forget_ended()
    db.session.commit()


@hourly
def forget_spent_challenges() -> None:
    while challenges.forget_old():
        db.session.commit()


@every_minute
def say_who_is_there() -> None:
    note_worker()


@every_minute
def take_up_imports() -> None:
    importing.take_up_abandoned()


@every_minute
def bring_contacts_due() -> None:
    bringing.take_up()
