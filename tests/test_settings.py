"""Invalid settings prevent startup: one line per error with the variable's name and without its value."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app import settings as settings_module
from app.settings import Settings, SettingsError, load_settings, new_key

GOOD = {
    "BASE_URL": "https://app.example.com",
    "SECRET_KEY": "a long random value of more than 32 characters",
    "ENCRYPTION_KEYS": new_key(),
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setattr(settings_module, "INSTANCE", tmp_path)
    return monkeypatch


def load(environment: pytest.MonkeyPatch, **changes: str) -> Settings:
    for name, value in {**GOOD, **changes}.items():
        environment.setenv(name, value)
    return load_settings()


def faults(environment: pytest.MonkeyPatch, changes: Mapping[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load(environment, **changes)
    first, *lines = str(error.value).splitlines()
    assert first == "Portico can’t start:"
    return lines


def test_three_variables_are_enough(environment: pytest.MonkeyPatch) -> None:
    settings = load(environment)
    assert settings.host == "app.example.com"
    assert settings.secure
    assert settings.sandbox_origin is None
    assert settings.database.startswith("sqlite:///")


def test_each_missing_variable_is_named_on_its_own_line(environment: pytest.MonkeyPatch) -> None:
    lines = faults(environment, dict.fromkeys(GOOD, ""))
    assert [line.partition(":")[0] for line in lines] == ["BASE_URL", "SECRET_KEY", "ENCRYPTION_KEYS"]


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        ({"BASE_URL": "app.example.com"}, "BASE_URL"),
        ({"BASE_URL": "https://app.example.com/path"}, "BASE_URL"),
        ({"BASE_URL": "https://app.example.com?x"}, "BASE_URL"),
        ({"BASE_URL": "https://app.example.com#x"}, "BASE_URL"),
        ({"BASE_URL": "https://user@app.example.com"}, "BASE_URL"),
        ({"BASE_URL": "ftp://app.example.com"}, "BASE_URL"),
        ({"BASE_URL": "http://app.example.com"}, "BASE_URL"),
        ({"BASE_URL": "https://app.example.com:99999"}, "BASE_URL"),
        ({"BASE_URL": "https://app.example.com:0"}, "BASE_URL"),
        ({"BASE_URL": "https://app.example.com:port"}, "BASE_URL"),
        ({"BASE_URL": "https://app..example.com"}, "BASE_URL"),
        ({"BASE_URL": "https://app.example.com.."}, "BASE_URL"),
        ({"BASE_URL": "https://-app.example.com"}, "BASE_URL"),
        ({"BASE_URL": "https://app example.com"}, "BASE_URL"),
        ({"BASE_URL": "https://app.example.com\\x"}, "BASE_URL"),
        ({"BASE_URL": "https://@app.example.com"}, "BASE_URL"),
        ({"BASE_URL": "https://192.0.2.999"}, "BASE_URL"),
        ({"BASE_URL": "https://[2001:db8::1"}, "BASE_URL"),
        ({"BASE_URL": "https://☃︎.example"}, "BASE_URL"),
        ({"BASE_URL": f"https://{'a' * 64}.example"}, "BASE_URL"),
        ({"BASE_URL": "http://localhost.evil.example"}, "BASE_URL"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"ENCRYPTION_KEYS": "short"}, "ENCRYPTION_KEYS"),
        ({"ENCRYPTION_KEYS": f"{new_key()},!!!"}, "ENCRYPTION_KEYS"),
        ({"ENCRYPTION_KEYS": new_key()[:-6]}, "ENCRYPTION_KEYS"),
        ({"ENCRYPTION_KEYS": ", ,"}, "ENCRYPTION_KEYS"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql+psycopg://db:port/portico"}, "DATABASE_URL"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL"),
        ({"REDIS_URL": "redis://localhost:port"}, "REDIS_URL"),
        ({"MICROSOFT_CLOUD": "moon"}, "MICROSOFT_CLOUD"),
        ({"MICROSOFT_CLOUD": "sandbox"}, "MICROSOFT_CLOUD"),
        ({"MICROSOFT_CLOUD": "custom", "GRAPH_URL": "https://g.example"}, "ENTRA_AUTHORITY"),
        ({"MICROSOFT_CLOUD": "custom", "ENTRA_AUTHORITY": "https://e.example"}, "GRAPH_URL"),
        (
            {"MICROSOFT_CLOUD": "custom", "ENTRA_AUTHORITY": "http://e.example", "GRAPH_URL": "https://g.example"},
            "ENTRA_AUTHORITY",
        ),
        (
            {"MICROSOFT_CLOUD": "custom", "ENTRA_AUTHORITY": "https://e.example", "GRAPH_URL": "http://g.example"},
            "GRAPH_URL",
        ),
        ({"ENTRA_AUTHORITY": "https://e.example"}, "ENTRA_AUTHORITY, GRAPH_URL"),
        ({"GRAPH_URL": "https://g.example"}, "ENTRA_AUTHORITY, GRAPH_URL"),
        ({"REQUESTS_CA_BUNDLE": "/nowhere.pem"}, "REQUESTS_CA_BUNDLE"),
        ({"REQUESTS_CA_BUNDLE": "/"}, "REQUESTS_CA_BUNDLE"),
        ({"REQUESTS_CA_BUNDLE": __file__}, "REQUESTS_CA_BUNDLE"),
        ({"REQUESTS_CA_BUNDLE": "/dev/null"}, "REQUESTS_CA_BUNDLE"),
        ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "many"}, "TRUSTED_PROXIES"),
        ({"WEB_CONCURRENCY": "0"}, "WEB_CONCURRENCY"),
        ({"PORT": "99999"}, "PORT"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else None,
)
def test_each_error_names_its_variable(environment: pytest.MonkeyPatch, changes: dict[str, str], variable: str) -> None:
    (line,) = faults(environment, changes)
    assert line.startswith(f"{variable}: ")


def test_several_errors_are_reported_at_once(environment: pytest.MonkeyPatch) -> None:
    lines = faults(environment, {"PORT": "x", "LOG_LEVEL": "x", "DATABASE_URL": "x"})
    assert {line.partition(":")[0] for line in lines} == {"PORT", "LOG_LEVEL", "DATABASE_URL"}


def test_dependent_settings_are_reported_at_the_same_time(environment: pytest.MonkeyPatch) -> None:
    changes = {"PORT": "x", "SECRET_KEY": "short", "ENTRA_AUTHORITY": "https://e.example", "SMTP_URL": "smtp://mail"}
    lines = faults(environment, changes)
    assert {line.partition(":")[0] for line in lines} == {
        "PORT",
        "SECRET_KEY",
        "ENTRA_AUTHORITY, GRAPH_URL",
        "MAIL_FROM",
    }


def test_setting_with_its_own_error_is_reported_once(environment: pytest.MonkeyPatch) -> None:
    lines = faults(environment, {"MICROSOFT_CLOUD": "moon", "ENTRA_AUTHORITY": "https://e.example", "BASE_URL": "x y"})
    assert [line.partition(":")[0] for line in lines] == ["BASE_URL", "MICROSOFT_CLOUD"]


def test_unreadable_env_file_is_reported(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes("MAIL_FROM=Pörtico <a@example.com>".encode("latin-1"))
    environment.setitem(Settings.model_config, "env_file", file)
    (line,) = faults(environment, {})
    assert line.startswith(".env: ")


def test_errors_do_not_contain_secrets(environment: pytest.MonkeyPatch) -> None:
    secrets = {"SECRET_KEY": "hush", "ENCRYPTION_KEYS": "hush-hush", "DATABASE_URL": "mysql://me:hush@db/x"}
    assert "hush" not in "\n".join(faults(environment, secrets))


def test_repr_of_settings_contains_no_secret(environment: pytest.MonkeyPatch) -> None:
    settings = load(environment, DATABASE_URL="postgresql+psycopg://me:hush@db/x", REDIS_URL="redis://:hush@r")
    assert "hush" not in repr(settings)
    assert GOOD["SECRET_KEY"] not in repr(settings)
    assert GOOD["ENCRYPTION_KEYS"] not in str(settings)


def test_several_keys_are_kept_newest_first(environment: pytest.MonkeyPatch) -> None:
    keys = [new_key(), new_key()]
    settings = load(environment, ENCRYPTION_KEYS=f" {keys[0]} ,{keys[1]},")
    assert [key.get_secret_value() for key in settings.encryption_keys] == keys


def test_sandbox_needs_no_settings_and_keeps_generated_ones(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MICROSOFT_CLOUD", "sandbox")
    one, two = load_settings(), load_settings()
    assert one == two
    assert one.base_url == "http://localhost:8000"
    assert one.sandbox_origin == "http://localhost:8001"
    assert {path.stat().st_mode & 0o777 for path in settings_module.INSTANCE.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://app.example.com/", "https://app.example.com"),
        ("https://app.example.com//", "https://app.example.com"),
        (" https://app.example.com ", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("https://app.example.com:", "https://app.example.com"),
        ("https://app.example.com:08443", "https://app.example.com:8443"),
        ("https://app.example.com:80", "https://app.example.com:80"),
        ("HTTPS://App.Example.COM", "https://app.example.com"),
        ("https://app.example.com.", "https://app.example.com"),
        ("https://app.example.com.:443/", "https://app.example.com"),
        ("https://müller.example", "https://xn--mller-kva.example"),
        ("https://MÜLLER.example.", "https://xn--mller-kva.example"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://例え。example", "https://xn--r8jz45g.example"),
        ("http://LOCALHOST:80", "http://localhost"),
        ("https://[2001:DB8:0::1]:443", "https://[2001:db8::1]"),
        ("https://192.0.2.1:8443", "https://192.0.2.1:8443"),
    ],
)
def test_origin_is_normalized_as_in_browsers(environment: pytest.MonkeyPatch, written: str, origin: str) -> None:
    settings = load(environment, BASE_URL=written)
    assert settings.base_url == origin
    assert settings.host == origin.partition("//")[2]
    assert settings.secure == origin.startswith("https:")


@pytest.mark.parametrize("name", ["ENTRA_AUTHORITY", "GRAPH_URL"])
def test_origins_of_a_custom_cloud_are_normalized_too(environment: pytest.MonkeyPatch, name: str) -> None:
    given = {"ENTRA_AUTHORITY": "https://e.example", "GRAPH_URL": "https://g.example", name: "HTTPS://X.example:443/"}
    settings = load(environment, MICROSOFT_CLOUD="custom", **given)
    assert getattr(settings, name.lower()) == "https://x.example"
