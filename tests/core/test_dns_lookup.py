"""TXT lookups against real DNS servers that fail in every way."""

import time
from collections.abc import Iterator

import dns.rcode
import pytest
from flask import Flask

from app.core.dns_lookup import TOTAL_SECONDS, DnsLookup, Outcome
from app.core.unit_of_work import refuse_in_unit_of_work, unit_of_work
from tests.dns_server import NameServer

NAME = "_portico-challenge.contoso.example"


@pytest.fixture
def second() -> Iterator[NameServer]:
    started = NameServer()
    yield started
    started.stop()


def values(server: NameServer, name: str = NAME) -> frozenset[str]:
    answer = DnsLookup((server.address,)).txt(name)
    assert answer.outcome is Outcome.FOUND
    return answer.values


def test_strings_of_one_record_are_joined(name_server: NameServer) -> None:
    name_server.publish(NAME, "a" * 300, "token=b")
    assert values(name_server) == {"a" * 300, "token=b"}


def test_huge_answer_comes_over_tcp_and_is_cut(name_server: NameServer) -> None:
    name_server.publish(NAME, *(f"{number} {'x' * 1200}" for number in range(40)))
    found = values(name_server)
    assert len(found) == 40
    assert {len(value) for value in found} == {1000}
    assert len(name_server.queries) == 2


def test_too_many_values_are_cut(name_server: NameServer) -> None:
    name_server.publish(NAME, *(str(number) for number in range(200)))
    assert len(values(name_server)) == 50


def test_alias_is_followed(name_server: NameServer) -> None:
    name_server.aliases = {NAME: "elsewhere.example"}
    name_server.publish("elsewhere.example", "token=a")
    assert values(name_server) == {"token=a"}


def test_alias_to_itself_is_no_answer(name_server: NameServer) -> None:
    name_server.aliases = {NAME: NAME}
    assert DnsLookup((name_server.address,)).txt(NAME).outcome is not Outcome.FOUND


def test_wildcard_is_an_answer(name_server: NameServer) -> None:
    name_server.wildcard = ["token=a"]
    assert values(name_server) == {"token=a"}


def test_bytes_that_are_no_text_are_replaced(name_server: NameServer) -> None:
    name_server.publish(NAME, "\x00\x1b\ud7ff")
    assert len(values(name_server)) == 1


def test_missing_name_and_missing_record_are_absent(name_server: NameServer) -> None:
    lookup = DnsLookup((name_server.address,))
    assert lookup.txt(NAME).outcome is Outcome.ABSENT
    name_server.publish(NAME, "")
    assert lookup.txt(NAME).values == {""}


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.FORMERR])
def test_failure_is_no_answer(name_server: NameServer, rcode: dns.rcode.Rcode) -> None:
    name_server.rcode = rcode
    assert DnsLookup((name_server.address,)).txt(NAME).outcome is Outcome.UNKNOWN


def test_silent_servers_are_given_up_in_time(name_server: NameServer) -> None:
    name_server.is_silent = True
    began = time.monotonic()
    assert DnsLookup((name_server.address,) * 5).txt(NAME).outcome is Outcome.UNKNOWN
    # Generous: the machine may be busy.
    assert time.monotonic() - began < 4 * TOTAL_SECONDS


def test_two_resolvers_have_to_agree(name_server: NameServer, second: NameServer) -> None:
    lookup = DnsLookup((name_server.address, second.address))
    name_server.publish(NAME, "token=a", "token=forged")
    answer = lookup.txt(NAME)
    assert (answer.outcome, answer.disagree) == (Outcome.UNKNOWN, True)
    second.publish(NAME, "token=a")
    assert lookup.txt(NAME).values == {"token=a"}
    second.rcode = dns.rcode.SERVFAIL
    assert lookup.txt(NAME).outcome is Outcome.UNKNOWN


def test_third_resolver_is_asked_if_one_fails(name_server: NameServer, second: NameServer) -> None:
    name_server.rcode = dns.rcode.SERVFAIL
    second.publish(NAME, "token=a")
    lookup = DnsLookup((name_server.address, second.address, second.address))
    assert lookup.txt(NAME).values == {"token=a"}


def test_nothing_is_looked_up_inside_a_unit_of_work(app: Flask, name_server: NameServer) -> None:
    lookup = DnsLookup((name_server.address,), refuse_in_unit_of_work)
    with app.app_context(), unit_of_work(), pytest.raises(RuntimeError):
        lookup.txt(NAME)
    assert name_server.queries == []
