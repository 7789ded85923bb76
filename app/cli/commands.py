"""`flask keys …` and `flask doctor`: registered without an application, so that they work with invalid settings."""

import sys

import click
from flask.cli import with_appcontext

from app.settings import new_key


@click.group("keys", help="Keys for secrets at rest.")
def keys() -> None:
    pass


@keys.command("new")
def new() -> None:
    """Prints a key for ENCRYPTION_KEYS. Put it in front of the present ones, which still decrypt what they
    encrypted.
    """
    click.echo(new_key())


@keys.command("rotate")
@with_appcontext
def rotate() -> None:
    """Re-encrypts every stored secret with the newest key. Can be stopped and run again, while people sign in."""
    from app.cli.key_rotation import rotate as rotate_all

    last: dict[str, tuple[int, int]] = {}
    for progress in rotate_all():
        last[progress.column] = (progress.done, progress.passed_over)
        click.echo(f"{progress.column}: {progress.done} sealed anew", err=True)
    for column, (done, passed_over) in last.items():
        click.echo(f"{column}: {done} sealed anew, {passed_over} changed meanwhile by others")
    click.echo("Every stored secret has the newest key. When no old process runs any more, older keys may go.")


@click.command("doctor")
def doctor() -> None:
    """Checks settings, database, migrations, keys, queue, worker, mail, directory and clock, with a fix for each
    problem.
    """
    from app.cli.doctor import examine

    is_well = True
    for finding in examine():
        click.echo(f"{'--' if finding.fault else 'ok'}  {finding.name}" + _tail(finding.fault or finding.note))
        is_well = is_well and not finding.fault
    sys.exit(0 if is_well else 1)


def _tail(text: str) -> str:
    return f": {text}" if text else ""
