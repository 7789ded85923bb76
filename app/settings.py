"""Reads the environment into one frozen `Settings`; invalid settings stop the boot with one line per error."""

import base64
import binascii
import os
import re
import secrets
import ssl
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.origins import address_and_port, canonical
from app.validation_errors import message

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"

CloudName = Literal["public", "usgov", "china", "sandbox", "custom"]
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")


class SettingsError(SystemExit):
    """Ends the process with one line per error, each naming its variable."""


class Settings(BaseSettings):
    """What an operator sets; named as in the environment, in lowercase. docs/reference.md lists them."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", frozen=True, extra="ignore", hide_input_in_errors=True)

    base_url: str = ""
    secret_key: SecretStr = SecretStr("")
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    database_url: SecretStr = SecretStr("")
    redis_url: SecretStr = SecretStr("")
    microsoft_cloud: CloudName = "public"
    entra_authority: str = ""
    graph_url: str = ""
    dataverse_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    application_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    dns_resolvers: Annotated[tuple[str, ...], NoDecode] = ()
    sandbox_port: int = Field(default=8001, ge=1, le=65535)
    requests_ca_bundle: str = ""
    smtp_url: SecretStr = SecretStr("")
    mail_from: str = ""
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    web_concurrency: int = Field(default=2, ge=1)
    worker_metrics_port: int = Field(default=0, ge=0, le=65535)
    """The port on loopback at which a worker serves its metrics; 0: none."""
    port: int = Field(default=8000, ge=1, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("encryption_keys", mode="before")
    @classmethod
    def split_keys(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("dataverse_hosts", "application_hosts", "dns_resolvers", mode="before")
    @classmethod
    def split_hosts(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("dataverse_hosts", "application_hosts")
    @classmethod
    def hosts_alone(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?", host):
                raise ValueError(f"{host!r} is not a host such as crm.example.com or localhost:9443")
        return value

    @field_validator("dns_resolvers")
    @classmethod
    def resolvers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for resolver in value:
            try:
                address_and_port(resolver, 53)
            except ValueError:
                raise ValueError(f"{resolver!r} is not an IP address such as 192.0.2.1 or [2001:db8::1]:53") from None
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def upper_case(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def known_database(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url and not url.startswith(("postgresql+psycopg://", "sqlite:///")):
            raise ValueError("must begin with postgresql+psycopg:// or sqlite:///")
        if url.startswith("postgresql") and not _is_url(url):
            raise ValueError("must be like postgresql+psycopg://user:password@db.example.com:5432/portico")
        return value

    @field_validator("redis_url")
    @classmethod
    def known_redis(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url and not (url.startswith(("redis://", "rediss://", "unix://")) and _is_url(url)):
            raise ValueError("must be like redis://redis.example.com:6379/0, rediss:// or unix://")
        return value

    @field_validator("encryption_keys")
    @classmethod
    def keys_of_32_bytes(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for number, key in enumerate(value, start=1):
            try:
                size = len(base64.urlsafe_b64decode(key.get_secret_value()))
            except (binascii.Error, ValueError):
                size = 0
            if size != 32:
                raise ValueError(f"key {number} is not 32 bytes in URL-safe base64; `flask keys new` prints one")
        return value

    @field_validator("base_url", "entra_authority", "graph_url")
    @classmethod
    def an_origin(cls, value: str) -> str:
        """Normalized as browsers write it, because every origin compared with it comes from one."""
        if not value.strip():
            return ""
        try:
            return canonical(value)
        except ValueError:
            raise ValueError("must be an origin such as https://app.example.com, without a path") from None

    @field_validator("smtp_url")
    @classmethod
    def a_mail_server(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if not url:
            return value
        if not _is_url(url) or not _is_mail_server(url):
            raise ValueError("must be like smtp://user:password@mail.example.com:587, or smtps://")
        return value

    @field_validator("mail_from")
    @classmethod
    def a_sender(cls, value: str) -> str:
        if value and (not value.isprintable() or not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(value)[1])):
            raise ValueError("must be an email address such as portico@example.com, or Portico <portico@example.com>")
        return value

    @model_validator(mode="after")
    def whole(self) -> "Settings":
        faults = [*self._missing(), *self._not_allowed()]
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _missing(self) -> list[str]:
        faults = []
        if not self.base_url:
            faults.append("BASE_URL: must be set, e.g. https://app.example.com")
        if not self.secret_key.get_secret_value():
            faults.append("SECRET_KEY: must be set to a long random value; `flask keys new` prints one")
        elif len(self.secret_key.get_secret_value()) < 32:
            faults.append("SECRET_KEY: must have at least 32 characters")
        if not self.encryption_keys:
            faults.append("ENCRYPTION_KEYS: must be set; `flask keys new` prints a key")
        if self.smtp_url.get_secret_value() and not self.mail_from:
            faults.append("MAIL_FROM: must be set when SMTP_URL is, e.g. portico@example.com")
        if self.microsoft_cloud == "custom":
            faults += [
                f"{name}: must be set when MICROSOFT_CLOUD is custom"
                for name, value in (("ENTRA_AUTHORITY", self.entra_authority), ("GRAPH_URL", self.graph_url))
                if not value
            ]
        return faults

    def _not_allowed(self) -> list[str]:
        faults = []
        on_loopback = _host(self.base_url) in LOOPBACK_HOSTS
        if self.base_url.startswith("http:") and not on_loopback:
            faults.append("BASE_URL: must be https, except on localhost")
        if self.microsoft_cloud == "sandbox" and not on_loopback:
            faults.append("MICROSOFT_CLOUD: sandbox is for this machine only; BASE_URL must then be on localhost")
        if self.microsoft_cloud == "custom":
            named = (("ENTRA_AUTHORITY", self.entra_authority), ("GRAPH_URL", self.graph_url))
            faults += [f"{name}: must be https" for name, value in named if value.startswith("http:")]
        if self.microsoft_cloud != "custom" and (self.entra_authority or self.graph_url):
            faults.append("ENTRA_AUTHORITY, GRAPH_URL: are for MICROSOFT_CLOUD=custom only")
        if self.requests_ca_bundle and (fault := _bundle_fault(self.requests_ca_bundle)):
            faults.append(f"REQUESTS_CA_BUNDLE: {fault}")
        return faults

    @property
    def host(self) -> str:
        """Host and port of `base_url`: the only Host header that is accepted."""
        return urlsplit(self.base_url).netloc

    @property
    def secure(self) -> bool:
        """Whether users reach us over HTTPS: then cookies are Secure and HSTS is sent."""
        return self.base_url.startswith("https:")

    @property
    def sandbox_origin(self) -> str | None:
        """Where browsers reach the sandbox directory; None with a real directory."""
        return f"http://localhost:{self.sandbox_port}" if self.microsoft_cloud == "sandbox" else None

    @property
    def database(self) -> str:
        return self.database_url.get_secret_value() or f"sqlite:///{INSTANCE / 'portico.db'}"


def load_settings() -> Settings:
    """Reads the environment and `.env`.

    Raises SettingsError with one line per error.
    """
    made = _sandbox_defaults()
    try:
        return Settings(**made)
    except ValidationError as error:
        lines, faulty = _lines(error), {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    except (OSError, UnicodeDecodeError):
        lines, faulty = [".env: can’t be read as a text file in UTF-8; correct it, or its permissions"], set()
    raise SettingsError("Portico can’t start:\n" + "\n".join(lines + (_further(made, faulty) if faulty else [])))


def _further(made: dict[str, Any], faulty: set[str]) -> list[str]:
    """The errors of settings that depend on each other. pydantic looks for them only if each is valid by itself, so
    those that aren't have their default here.
    """
    try:
        Settings(**made | {name: Settings.model_fields[name].default for name in faulty})
    except ValidationError as error:
        return [line for line in _lines(error) if not any(name.upper() in line for name in faulty)]
    return []


def _sandbox_defaults() -> dict[str, Any]:
    """With the sandbox directory no configuration is needed: missing values are generated once and kept in
    `instance/`.
    """
    if os.environ.get("MICROSOFT_CLOUD") != "sandbox":
        return {}
    made = {"base_url": f"http://localhost:{os.environ.get('PORT', '8000')}", **_demo_secrets()}
    return {name: value for name, value in made.items() if not os.environ.get(name.upper())}


def _demo_secrets() -> dict[str, str]:
    names = ("secret_key", "encryption_keys")
    if all(os.environ.get(name.upper()) for name in names):
        return {}
    INSTANCE.mkdir(exist_ok=True)
    made = {}
    for name in names:
        path = INSTANCE / f"demo-{name.replace('_', '-')}"
        try:
            with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(new_key())
        except FileExistsError:
            pass
        made[name] = path.read_text()
    return made


def new_key() -> str:
    """A new 32-byte key in URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _is_url(url: str) -> bool:
    """Whether its host and port can be read."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _is_mail_server(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and not parts.path.strip("/") and not parts.query


def _host(url: str) -> str:
    return re.sub(r":\d+$", "", urlsplit(url).netloc)


def _bundle_fault(name: str) -> str | None:
    """What is wrong with a certificate bundle; None if TLS can use it."""
    if not os.path.exists(name):
        return "names a file that doesn’t exist"
    if os.path.isdir(name):
        return "names a folder; it must name one file with certificates in PEM format"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(name)
    except (OSError, ValueError):
        return "names a file that can’t be read, or has no certificate in PEM format"
    return None


def _lines(error: ValidationError) -> list[str]:
    lines: list[str] = []
    for fault in error.errors():
        text = message(fault)
        if fault["loc"]:
            text = f"{str(fault['loc'][0]).upper()}: {text}"
        lines += text.splitlines()
    return lines
