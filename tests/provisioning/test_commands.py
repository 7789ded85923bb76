"""`flask scim …`."""

from datetime import timedelta

from app.core.database import now
from app.provisioning.scim.commands import scim
from tests.assertions import audit_entries
from tests.cast import Cast
from tests.directory import CONTOSO
from tests.provisioning.directory import Directory


def test_token_is_printed_and_works(cast: Cast) -> None:
    runner = cast.app.test_cli_runner()
    made = runner.invoke(scim, ["token", "--company", "contoso", "--days", "30"])
    assert made.exit_code == 0, made.output
    assert Directory(cast.app, made.stdout.strip(), CONTOSO).get("Users").status_code == 200
    assert f"until {now().date() + timedelta(days=30)}" in made.stderr
    (entry,) = audit_entries(cast.app, "provisioning.token_created")
    assert (entry.actor_id, entry.detail["kind"]) == (None, "token")
    assert runner.invoke(scim, ["token", "--company", "contoso"]).exit_code == 0
    refusals = {
        ("--company", "contoso"): "two tokens already",
        ("--company", "nowhere"): "no company has the login code",
        ("--company", "contoso", "--connection", "Another"): "no such active connection",
        ("--company", "contoso", "--days", "366"): "366 is not in the range",
    }
    for options, words in refusals.items():
        failed = runner.invoke(scim, ["token", *options])
        assert failed.exit_code != 0
        assert words in failed.output
