"""Which addresses a CRM connection may have, and that a name can't lead elsewhere between the look and the use."""

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.entra.clouds import NATIONAL
from app.entra.dataverse_hosts import DataverseHosts, InvalidEnvironment, is_public
from app.entra.errors import ServiceUnavailable
from app.entra.http_client import Http

HOST = "contoso.crm4.dynamics.com"
PUBLIC = "52.238.119.141"


def admitting(*addresses: str, further: tuple[str, ...] = ()) -> DataverseHosts:
    return DataverseHosts(frozenset(further), lambda host: list(addresses))


@pytest.mark.parametrize(
    ("entered", "origin"),
    [
        (f"https://{HOST}", f"https://{HOST}"),
        (f"https://{HOST}/", f"https://{HOST}"),
        (f"https://{HOST.upper()}:443/main.aspx?appid=1#x", f"https://{HOST}"),
        (HOST, f"https://{HOST}"),
        ("https://contoso.crm.dynamics.cn", "https://contoso.crm.dynamics.cn"),
        ("https://contoso.crm.microsoftdynamics.us", "https://contoso.crm.microsoftdynamics.us"),
        ("https://contoso.crm.appsplatform.us", "https://contoso.crm.appsplatform.us"),
    ],
)
def test_microsofts_own_addresses_are_admitted_as_an_origin(entered: str, origin: str) -> None:
    assert admitting(PUBLIC).admit(entered) == origin


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.8", "172.16.3.4", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "fe80::1"]
)
def test_a_name_that_leads_into_a_private_network_is_refused(address: str) -> None:
    for addresses in ((address,), (PUBLIC, address)):
        with pytest.raises(InvalidEnvironment, match="private"):
            admitting(*addresses).admit(f"https://{HOST}")


def test_a_name_that_does_not_exist_is_said() -> None:
    def nowhere(host: str) -> list[str]:
        raise socket.gaierror

    with pytest.raises(InvalidEnvironment, match="unknown_host"):
        DataverseHosts(resolve=nowhere).admit(f"https://{HOST}")


def test_the_operators_hosts_need_be_neither_public_nor_microsofts_but_https() -> None:
    environments = admitting("127.0.0.1", further=("localhost:9443",))
    assert environments.admit("https://localhost:9443/") == "https://localhost:9443"
    for other in ("https://localhost", "https://localhost:9444", "http://localhost:9443", "https://a@localhost:9443"):
        with pytest.raises(InvalidEnvironment):
            environments.admit(other)


@given(st.text(max_size=60))
def test_whatever_is_entered_there_is_an_origin_or_a_reason(text: str) -> None:
    try:
        origin = admitting(PUBLIC).admit(text)
    except InvalidEnvironment:
        return
    assert origin.startswith("https://")
    assert "@" not in origin


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (PUBLIC, True),
        ("2603:1030::1", True),
        ("0.0.0.0", False),  # noqa: S104 - looked at, not bound to
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:52.238.119.141", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::34ee:778d", True),
        ("2002:7f00:1::", False),
        ("fe80::1%eth0", False),
        ("no address", False),
    ],
)
def test_what_is_public_is_told_also_where_an_address_wears_another(address: str, expected: bool) -> None:
    assert is_public(address) is expected


@pytest.mark.parametrize("vouched_for", [False, True])
def test_a_name_that_was_rebound_after_the_look_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, vouched_for: bool
) -> None:
    """What is connected to is what was looked at: the connection does both itself, each time."""
    with socket.create_server(("127.0.0.1", 0)) as inside:
        inside.setblocking(False)
        port = inside.getsockname()[1]

        def rebound(host: str, *args: Any, **options: Any) -> Any:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        http = Http(NATIONAL["public"], environments=admitting(PUBLIC, further=(HOST,) if vouched_for else ()))
        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        with pytest.raises(ServiceUnavailable):
            http.get(f"https://{HOST}/api/data/v9.2/WhoAmI", within=0.5)
        if vouched_for:
            inside.accept()[0].close()
        else:
            with pytest.raises(BlockingIOError):
                inside.accept()


@pytest.mark.parametrize("url", [f"http://{HOST}/", "https://evil.example/", "https://localhost:1/"])
def test_nothing_else_is_asked(url: str) -> None:
    with pytest.raises(ServiceUnavailable, match="is not a host of this cloud"):
        Http(NATIONAL["public"]).get(url)
