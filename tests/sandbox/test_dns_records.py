"""The simulated DNS: records are added on a page or by the API, and answered over UDP and TCP."""

import dns.resolver
import pytest
from flask import Flask

from sandbox.dns_records import LONGEST
from sandbox.dns_server import DnsServer
from sandbox.state import Sandbox

from .driver import Driver

API, PAGE = "/sandbox/api/dns", "/sandbox/dns"
NAME = "_portico-challenge.contoso.example"


def test_record_of_the_page_is_answered(application: Flask, sandbox: Driver) -> None:
    page = sandbox.client.get(PAGE, query_string={"name": NAME, "value": "token=a"}).text
    assert f'value="{NAME}"' in page
    added = sandbox.client.post(PAGE, data={"name": f" {NAME} ", "value": "token=a"})
    assert added.status_code == 303
    assert "The record is there." in sandbox.client.get(added.headers["Location"]).text
    state = application.extensions["sandbox"]
    assert isinstance(state, Sandbox)
    server = DnsServer(state.txt_records.answer)
    server.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [dns.nameserver.Do53Nameserver("127.0.0.1", server.port)]
    try:
        for over_tcp in (False, True):
            (record,) = resolver.resolve(NAME, "TXT", tcp=over_tcp, search=False)
            assert record.strings == (b"token=a",)
        with pytest.raises(dns.resolver.NXDOMAIN):
            resolver.resolve("other.example", "TXT", search=False)
        with pytest.raises(dns.resolver.NoAnswer):
            resolver.resolve(NAME, "A", search=False)
    finally:
        server.stop()


def test_api_replaces_and_deletes_records(sandbox: Driver) -> None:
    put = sandbox.client.put
    assert put(API, json={"name": NAME, "values": ["a", "b"]}).get_json() == {NAME: ["a", "b"]}
    assert put(API, json={"name": NAME.upper(), "values": ["c"]}).get_json() == {NAME: ["c"]}
    assert put(API, json={"name": NAME, "values": []}).get_json() == {}
    put(API, json={"name": NAME, "values": ["d"]})
    put("/sandbox/api/reset")
    assert sandbox.client.get(API).get_json() == {}


@pytest.mark.parametrize("body", [{}, {"name": 1, "values": []}, {"name": NAME, "values": "a"}, {"name": NAME}])
def test_invalid_record_is_rejected(sandbox: Driver, body: dict[str, object]) -> None:
    assert sandbox.client.put(API, json=body).status_code == 422


def test_long_text_is_cut(sandbox: Driver) -> None:
    sandbox.client.post(PAGE, data={"name": NAME, "value": "x" * 5000})
    assert sandbox.client.get(API).get_json() == {NAME: ["x" * LONGEST]}


def test_page_of_another_origin_changes_nothing(sandbox: Driver) -> None:
    data, headers = {"name": NAME, "value": "token=a"}, {"Origin": "https://evil.example"}
    assert sandbox.client.post(PAGE, data=data, headers=headers).status_code == 403
    assert sandbox.client.get(API).get_json() == {}
