"""`flask signing-keys …`."""

import click
from flask.cli import AppGroup

from app.applications.signing_keys import rotation
from app.core.database import now
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work

signing_keys = AppGroup("signing-keys", help="The keys with which tokens for applications are signed.")


@signing_keys.command("show")
def show() -> None:
    """Every published key, with the day from which it signs."""
    moment, signing = now(), set()
    for key in rotation.published():
        is_signing = key.active_at <= moment and key.algorithm not in signing
        state = _("next") if key.active_at > moment else _("signing") if is_signing else _("retiring")
        if is_signing:
            signing.add(key.algorithm)
        since = _("from %(time)s UTC", time=f"{key.active_at:%Y-%m-%d %H:%M}")
        click.echo(f"{key.kid}  {key.algorithm}  {state:<8}  {since}")
    if not signing:
        click.echo(_("There are no keys yet; the first application creates them."))


@signing_keys.command("rotate")
@click.option("--now", "at_once", is_flag=True, help="For a leaked key: replace the keys at once.")
def rotate(at_once: bool) -> None:
    """Publishes new keys, which sign a day later; Portico does so by itself every 90 days.

    With --now they sign at once and the old ones are deleted: what these signed is invalid within 30 seconds, and
    applications have to fetch the keys again.
    """
    with unit_of_work():
        if at_once:
            rotation.replace_leaked()
        else:
            rotation.rotate()
    done = (
        _("The new keys sign from now on.") if at_once else _("The new keys are published and sign from tomorrow on.")
    )
    click.echo(done)
