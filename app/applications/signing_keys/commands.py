"""`flask signing-keys …`."""

import click
from flask.cli import AppGroup

from app.applications.signing_keys import rotation
from app.core.database import now
from app.core.unit_of_work import unit_of_work

signing_keys = AppGroup("signing-keys", help="The keys with which tokens for applications are signed.")


@signing_keys.command("show")
def show() -> None:
    """Every published key, with the day from which it signs."""
    moment, signing = now(), set()
    for key in rotation.published():
        state = "next" if key.active_at > moment else "retiring" if key.algorithm in signing else "signing"
        if state == "signing":
            signing.add(key.algorithm)
        click.echo(f"{key.kid}  {key.algorithm}  {state:<8}  from {key.active_at:%Y-%m-%d %H:%M} UTC")
    if not signing:
        click.echo("There are no keys yet; the first application creates them.")


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
    click.echo("The new keys sign from now on." if at_once else "The new keys are published and sign from tomorrow on.")
