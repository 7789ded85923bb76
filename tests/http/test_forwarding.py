"""Where a request came from and which host it asked for, behind proxies of all kinds."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from app import create_app
from app.core.database import db
from app.http.client_info import network_of
from app.http.rate_limits import UNKNOWN_LOGIN_CODE_LIMIT, limiter
from app.settings import Settings, new_key
from tests.assertions import audit_entries
from tests.browser import CSRF, Browser
from tests.cast import Cast


@pytest.fixture
def behind(settings: Settings) -> Iterator[Callable[[int], Browser]]:
    """A browser for the application behind this number of proxies."""
    apps = []

    def opened(hops: int) -> Browser:
        app = create_app(settings.model_copy(update={"trusted_proxies": hops}))
        apps.append(app)
        app.test_client_class = Browser
        client = app.test_client()
        assert isinstance(client, Browser)
        return client

    yield opened
    for app in apps:
        with app.app_context():
            db.engine.dispose()


def recorded_address(cast: Cast, browser: Browser, forwarded: str) -> str | None:
    """The IP address in the audit log for a request with this header."""
    token = browser.csrf("/login/contoso")
    given = {"csrf_token": token, "email": "unknown@contoso.example", "password": "guess"}
    headers = {"X-Forwarded-For": forwarded}
    assert browser.post("/login/contoso/password", data=given, headers=headers).status_code == 422
    return audit_entries(cast.app, "sign_in.refused")[-1].ip_address


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.8", "203.0.113.8"),
        ("203.0.113.8:51432", "203.0.113.8"),
        (" 203.0.113.8:51432 ", "203.0.113.8"),
        ("198.51.100.9:1, 203.0.113.8:51432", "203.0.113.8"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:51432", "2001:db8::1"),
        ('"[2001:db8::1]:51432"', "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.8", "203.0.113.8"),
        ("[::ffff:203.0.113.8]:51432", "203.0.113.8"),
        # Invalid addresses are ignored: the request came from the proxy.
        ("unknown", "127.0.0.1"),
        ("_hidden:51432", "127.0.0.1"),
        ("203.0.113.8:port", "127.0.0.1"),
        ("203.0.113.999", "127.0.0.1"),
        ("203.0.113.8\x00", "127.0.0.1"),
        ("[2001:db8::1", "127.0.0.1"),
        ("<script>", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_forwarded_address_is_stored_normalized(
    cast: Cast, behind: Callable[[int], Browser], forwarded: str, address: str
) -> None:
    assert recorded_address(cast, behind(1), forwarded) == address


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("192.0.2.66, 203.0.113.8:51432, 10.0.0.1:80", "203.0.113.8"),
        ("203.0.113.8:51432,10.0.0.1", "203.0.113.8"),
        ("10.0.0.1:80", "127.0.0.1"),
    ],
)
def test_first_trusted_hop_counts(cast: Cast, behind: Callable[[int], Browser], forwarded: str, address: str) -> None:
    assert recorded_address(cast, behind(2), forwarded) == address


def test_forwarded_header_without_proxies_is_ignored(cast: Cast, behind: Callable[[int], Browser]) -> None:
    assert recorded_address(cast, behind(0), "203.0.113.8:51432") == "127.0.0.1"


@pytest.mark.parametrize("address", ["203.0.113.8:{}", "[2001:db8:1:2::{}]:51432", "2001:db8:1:2:{}::1"])
def test_ports_and_addresses_of_one_network_share_a_limit(
    cast: Cast, behind: Callable[[int], Browser], address: str
) -> None:
    browser = behind(1)
    statuses = [
        browser.get("/login/missing", headers={"X-Forwarded-For": address.format(number)}).status_code
        for number in range(1, UNKNOWN_LOGIN_CODE_LIMIT.most + 2)
    ]
    assert statuses == [404] * UNKNOWN_LOGIN_CODE_LIMIT.most + [429]
    other = browser.get("/login/missing", headers={"X-Forwarded-For": "[2001:db8:1:3::1]:51432"})
    assert other.status_code == 404, "the next customer's network"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.8", "203.0.113.8"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.8", "203.0.113.8"),
        (None, "127.0.0.1"),
        ("", "127.0.0.1"),
        ("nonsense", "unknown"),
    ],
)
def test_limits_count_by_network(address: str | None, network: str) -> None:
    assert network_of(address) == network


# The host


@pytest.fixture
def own_limiter(monkeypatch: pytest.MonkeyPatch) -> None:
    # Creating these applications reconfigures the process's limiter, which is restored afterwards.
    monkeypatch.setattr(limiter, "__dict__", dict(vars(limiter)))


def visitor_of(base_url: str, folder: object) -> Browser:
    settings = Settings(
        _env_file=None,
        base_url=base_url,
        secret_key=SecretStr("s" * 40),
        encryption_keys=(SecretStr(new_key()),),
        database_url=SecretStr(f"sqlite:///{folder}/portico.db"),
        trusted_proxies=1,
    )
    app = create_app(settings)
    app.test_client_class = Browser
    client = app.test_client()
    assert isinstance(client, Browser)
    return client


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("https://app.example.com:443", "app.example.com"),
        ("https://app.example.com", "app.example.com:443"),
        ("https://App.Example.COM", "app.example.com"),
        ("https://app.example.com", "App.Example.COM"),
        ("https://app.example.com.", "app.example.com"),
        ("https://app.example.com/", "app.example.com"),
        ("https://app.example.com:8443", "APP.example.com:8443"),
        ("https://müller.example", "xn--mller-kva.example"),
        ("https://xn--mller-kva.example", "xn--mller-kva.example"),
        ("http://localhost:80", "localhost"),
        ("https://[::1]:8443", "[::1]:8443"),
    ],
)
def test_host_of_base_url_is_accepted_in_any_spelling(
    own_limiter: None, tmp_path: object, base_url: str, host: str
) -> None:
    browser = visitor_of(base_url, tmp_path)
    origin = browser.application.config["BASE_URL"]
    scheme = origin.partition(":")[0]
    headers = {"Host": host, "X-Forwarded-Proto": scheme}
    page = browser.get("/signup", headers=headers)
    assert page.status_code == 200
    token = CSRF.search(page.text)
    assert token
    sent = browser.post(
        "/signup",
        data={"csrf_token": token[1]},
        headers={**headers, "Origin": origin, "Referer": f"{origin}/signup"},
    )
    assert sent.status_code == 422, "the form was read"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "app.example.com:8443", "app.example.com:80", "app.example.com.evil.example", "app.example.com,x"],
)
def test_other_host_is_rejected(own_limiter: None, tmp_path: object, host: str) -> None:
    browser = visitor_of("https://app.example.com", tmp_path)
    assert browser.get("/login", headers={"Host": host, "X-Forwarded-Proto": "https"}).status_code == 400


def test_host_with_trailing_dot_redirects_to_host_without(own_limiter: None, tmp_path: object) -> None:
    """To browsers it is another site, with its own cookies."""
    browser = visitor_of("https://app.example.com", tmp_path)
    headers = {"Host": "app.example.com.", "X-Forwarded-Proto": "https"}
    for path in ("/login?code=a%2Fb", "/login/a%0D%0Ab", "/@evil.example"):
        response = browser.get(path, headers=headers)
        assert (response.status_code, response.location) == (308, f"https://app.example.com{path}")
    assert browser.get("//evil.example", headers=headers).location.startswith("https://app.example.com/")
    assert browser.post("/signup", headers=headers).status_code == 400
