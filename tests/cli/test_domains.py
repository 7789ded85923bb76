"""`flask domains …`, and the domains of a companies file."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app.companies.domains import queries
from app.settings import Settings
from tests.cli.test_companies_apply import apply, document
from tests.dns_server import NameServer

RECORD = "_portico-challenge.contoso.example"


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["domains", *arguments])


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNER_PASSWORD", "a long enough password")
    monkeypatch.setenv("CONTOSO_SECRET", "the-secret-value")


def test_file_adds_domains_and_a_check_proves_them(app: Flask, tmp_path: Path, name_server: NameServer) -> None:
    content = document(domains=["Contoso.example.", "müller.example"])
    first = apply(app, tmp_path, content)
    assert f"contoso: contoso.example: created; its record is {RECORD} TXT token=" in first.output
    assert apply(app, tmp_path, content).output.strip() == "no changes"
    assert "contoso.example  Contoso  not proven yet" in run(app, "list").output
    checked = run(app, "check", "contoso.example")
    assert (checked.exit_code, "There’s no record yet" in checked.output) == (1, True)
    with app.app_context():
        name_server.publish(RECORD, queries.everything("contoso.example")[0].record_value)
    checked = run(app, "check", "CONTOSO.example")
    assert (checked.exit_code, checked.output) == (0, "contoso.example  Contoso  proven: the record is right\n")
    assert run(app, "check").exit_code == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [(["gmail.com"], "companies[0].domains[0]: gmail.com gives"), ("contoso.example", "companies[0].domains")],
    ids=["consumer", "text"],
)
def test_impossible_domain_of_a_file_is_named_with_its_place(
    app: Flask, tmp_path: Path, content: Any, said: str
) -> None:
    result = apply(app, tmp_path, document(domains=content))
    assert result.exit_code == 1
    assert said in result.output


@pytest.mark.parametrize("name", ["nowhere.example", "not a domain"])
def test_unknown_domain_is_an_error(app: Flask, name: str) -> None:
    assert run(app, "check", name).exit_code == 1


@pytest.mark.parametrize("value", ["dns.example", "192.0.2.1:0", "192.0.2.1:x", "2001:db8::1]", "192.0.2.300"])
def test_resolver_that_is_no_address_stops_the_boot(settings: Settings, value: str) -> None:
    with pytest.raises(ValueError, match="is not an IP address"):
        Settings(_env_file=None, **{**settings.model_dump(), "dns_resolvers": value})


def test_resolvers_are_addresses_with_or_without_a_port(settings: Settings) -> None:
    value = "192.0.2.1, [2001:db8::1]:5353,2001:db8::2"
    read = Settings(_env_file=None, **{**settings.model_dump(), "dns_resolvers": value})
    assert read.dns_resolvers == ("192.0.2.1", "[2001:db8::1]:5353", "2001:db8::2")
