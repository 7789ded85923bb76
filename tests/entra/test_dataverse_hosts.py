"""Which hosts a CRM connection may use, and that DNS rebinding between check and use is harmless."""

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
def test_microsoft_hosts_are_accepted_as_origin(entered: str, origin: str) -> None:
    assert admitting(PUBLIC).admit(entered) == origin


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.8", "172.16.3.4", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "fe80::1"]
)
def test_host_in_a_private_network_is_rejected(address: str) -> None:
    for addresses in ((address,), (PUBLIC, address)):
        with pytest.raises(InvalidEnvironment, match="private"):
            admitting(*addresses).admit(f"https://{HOST}")


def test_unknown_host_is_rejected() -> None:
    def nowhere(host: str) -> list[str]:
        raise socket.gaierror

    with pytest.raises(InvalidEnvironment, match="unknown_host"):
        DataverseHosts(resolve=nowhere).admit(f"https://{HOST}")


def test_operators_hosts_may_be_private_but_must_use_https() -> None:
    environments = admitting("127.0.0.1", further=("localhost:9443",))
    assert environments.admit("https://localhost:9443/") == "https://localhost:9443"
    for other in ("https://localhost", "https://localhost:9444", "http://localhost:9443", "https://a@localhost:9443"):
        with pytest.raises(InvalidEnvironment):
            environments.admit(other)


@given(st.text(max_size=60))
def test_any_text_is_an_origin_or_rejected(text: str) -> None:
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
        ("0.0.0.0", False),  # noqa: S104 - checked, not bound to
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
def test_public_addresses_are_recognized_even_when_embedded(address: str, expected: bool) -> None:
    assert is_public(address) is expected


@pytest.mark.parametrize("is_trusted", [False, True])
def test_host_rebound_after_the_check_is_not_connected_to(monkeypatch: pytest.MonkeyPatch, is_trusted: bool) -> None:
    """The address that was checked is the one connected to: each connection does both."""
    with socket.create_server(("127.0.0.1", 0)) as inside:
        inside.setblocking(False)
        port = inside.getsockname()[1]

        def rebound(host: str, *args: Any, **options: Any) -> Any:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        http = Http(NATIONAL["public"], environments=admitting(PUBLIC, further=(HOST,) if is_trusted else ()))
        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        with pytest.raises(ServiceUnavailable):
            http.get(f"https://{HOST}/api/data/v9.2/WhoAmI", within=0.5)
        if is_trusted:
            inside.accept()[0].close()
        else:
            with pytest.raises(BlockingIOError):
                inside.accept()


@pytest.mark.parametrize("url", [f"http://{HOST}/", "https://evil.example/", "https://localhost:1/"])
def test_other_hosts_are_never_contacted(url: str) -> None:
    with pytest.raises(ServiceUnavailable, match="is not a host of this cloud"):
        Http(NATIONAL["public"]).get(url)
