"""`flask keys …`: works before there are settings, since it makes one of them."""

import click

from app.settings import new_key


@click.group("keys", help="Keys for secrets at rest.")
def keys() -> None:
    pass


@keys.command("new")
def new() -> None:
    """Prints a key for ENCRYPTION_KEYS. Put it in front of those in use, so that these still open what they sealed."""
    click.echo(new_key())
