"""What an authorization request asks for. Pure functions over its parameters."""

import re
from dataclasses import dataclass, field

from app.applications.application_config import ApplicationConfig
from app.applications.models import UriUse
from app.applications.provider.errors import ProtocolError
from app.applications.uris import matches
from app.core import strict_json
from app.core.strict_json import InvalidJson

SCOPES = ("openid", "profile", "email", "offline_access")
PROMPTS = ("none", "login", "select_account", "create", "consent")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""A SHA-256 in URL-safe base64 (RFC 7636)."""
LONGEST_TEXT = 2000
PUSHED = "urn:ietf:params:oauth:request_uri:"
"""How the request_uri of a stored request begins (RFC 9126)."""


@dataclass(frozen=True)
class AuthorizationRequest:
    redirect_uri: str
    scope: tuple[str, ...]
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    """Seconds since the person authenticated."""
    login_hint: str | None = None
    id_token_hint: str | None = None
    organization: str | None = None
    resource: str | None = None
    claims: dict[str, list[str]] = field(default_factory=dict)
    """The names of the claims asked for one by one, by where."""
    subject: str | None = None
    """The only person who may sign in."""

    @property
    def is_silent(self) -> bool:
        return "none" in self.prompt


def redirect_uri_of(application: ApplicationConfig, parameters: dict[str, str]) -> str | None:
    """The request's redirect URI, if the application has registered it. To no other address is anything sent."""
    presented = parameters.get("redirect_uri", "")
    registered = application.uris_for(UriUse.REDIRECT)
    return presented if any(matches(one, presented) for one in registered) else None


def parse(application: ApplicationConfig, parameters: dict[str, str]) -> AuthorizationRequest:
    """Raises ProtocolError; the redirect URI was checked before."""
    for name in ("request", "request_uri"):
        if name in parameters:
            raise ProtocolError(f"{name}_not_supported", f"Send the parameters themselves, without {name}")
    _check_response(parameters)
    scope = tuple(dict.fromkeys(parameters.get("scope", "").split(" ")))
    prompt = frozenset(parameters.get("prompt", "").split(" ")) - {""}
    if unknown := prompt - {*PROMPTS}:
        raise ProtocolError("invalid_request", f"Unknown prompt {_plain(min(unknown))}; use {', '.join(PROMPTS)}")
    if "none" in prompt and len(prompt) > 1:
        raise ProtocolError("invalid_request", "prompt=none excludes any other prompt")
    claims, subject = _claims(parameters.get("claims"))
    return AuthorizationRequest(
        redirect_uri=parameters["redirect_uri"],
        scope=tuple(one for one in SCOPES if one in scope and _is_granted(one, application)),
        state=parameters.get("state"),
        nonce=_bounded(parameters, "nonce"),
        code_challenge=_code_challenge(application, parameters),
        prompt=prompt,
        max_age=_max_age(parameters),
        login_hint=_bounded(parameters, "login_hint"),
        id_token_hint=parameters.get("id_token_hint"),
        organization=_bounded(parameters, "organization"),
        resource=_bounded(parameters, "resource"),
        claims=claims,
        subject=subject,
    )


def _check_response(parameters: dict[str, str]) -> None:
    response_type = parameters.get("response_type")
    if response_type is None:
        raise ProtocolError("invalid_request", "Add response_type=code")
    if response_type != "code":
        raise ProtocolError("unsupported_response_type", "Use response_type=code; no other flow is supported")
    if parameters.get("response_mode", "query") != "query":
        raise ProtocolError("invalid_request", "Use response_mode=query, or leave it out")


def _is_granted(scope: str, application: ApplicationConfig) -> bool:
    return scope != "offline_access" or application.allow_offline_access


def _code_challenge(application: ApplicationConfig, parameters: dict[str, str]) -> str | None:
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            raise ProtocolError("invalid_request", "Add code_challenge, or remove code_challenge_method")
        if application.require_pkce:
            raise ProtocolError(
                "invalid_request", "This application requires PKCE: add code_challenge and code_challenge_method=S256"
            )
        return None
    if method != "S256":
        raise ProtocolError("invalid_request", "Use code_challenge_method=S256")
    if not CHALLENGE.fullmatch(challenge):
        raise ProtocolError("invalid_request", "code_challenge must be a SHA-256 in URL-safe base64: 43 characters")
    return challenge


def _max_age(parameters: dict[str, str]) -> int | None:
    given = parameters.get("max_age")
    if given is None:
        return None
    if not re.fullmatch(r"\d{1,9}", given, re.ASCII):
        raise ProtocolError("invalid_request", "max_age must be a number of seconds")
    return int(given)


def _claims(text: str | None) -> tuple[dict[str, list[str]], str | None]:
    """The names of the claims that are asked for one by one, and the subject if a certain one is."""
    if text is None:
        return {}, None
    try:
        asked = strict_json.read_object(text)
        places = {place: asked.get(place) or {} for place in ("id_token", "userinfo")}
        names = {place: sorted(wanted) for place, wanted in places.items() if wanted}
        subjects = {(wanted.get("sub") or {}).get("value") for wanted in places.values()} - {None}
    except (InvalidJson, AttributeError, TypeError):
        raise ProtocolError("invalid_request", "claims must be a JSON object as in OpenID Connect Core 5.5") from None
    if len(subjects) > 1:
        raise ProtocolError("invalid_request", "claims asks for two subjects")
    return names, next((str(one) for one in subjects), None)


def _bounded(parameters: dict[str, str], name: str) -> str | None:
    value = parameters.get(name)
    if value is not None and len(value) > LONGEST_TEXT:
        raise ProtocolError("invalid_request", f"{name} is too long; the limit is {LONGEST_TEXT} characters")
    return value


def _plain(text: str) -> str:
    """For a description, which may contain few characters (RFC 6749, appendix A)."""
    return re.sub(r"[^\w.-]", "", text, flags=re.ASCII)[:40] or "value"
