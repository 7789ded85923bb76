"""What is wrong with a request of an application, and how to fix it. Pure functions over its parameters."""

import re
from dataclasses import dataclass
from typing import Any

from app.applications.models import Authentication
from app.applications.uris import LOOPBACK, fault, matches, origin_of
from app.core.text import gettext_noop as N_

MOST_NAMES = 30
NAME = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True)
class Advice:
    title: str
    hint: str


ADVICE = {
    "client_unknown": Advice(
        N_("The client ID is another one"),
        N_("Your application sent a client_id that isn’t this application’s. Copy it from “Values and code”."),
    ),
    "redirect_uri_missing": Advice(N_("No redirect URI"), N_("Send redirect_uri, exactly as it is registered here.")),
    "redirect_uri_slash": Advice(
        N_("The redirect URI differs by a slash at its end"),
        N_("Addresses are compared exactly. Add or remove the slash in your application or here."),
    ),
    "redirect_uri_scheme": Advice(
        N_("The redirect URI differs by http and https"),
        N_("Behind a proxy, your application doesn’t know that people use https. Let it trust the proxy’s headers."),
    ),
    "redirect_uri_unknown": Advice(
        N_("The redirect URI isn’t registered"),
        N_("Register it here exactly as your application sends it, or change it there."),
    ),
    "pkce_missing": Advice(
        N_("PKCE is missing"),
        N_("Turn PKCE on in your library (method S256). If it can’t do that, turn off “Require PKCE” in Settings."),
    ),
    "response_type": Advice(N_("Not the code flow"), N_("Set response_type to code. No other flow is supported.")),
    "scope_openid": Advice(
        N_("The scope openid is missing"), N_("Without it there is no ID token. Ask for openid profile email.")
    ),
    "secret_in_address": Advice(
        N_("The client secret is in an address"),
        N_("It is in the browser’s address or a log now. Send it to the token endpoint only, and replace it."),
    ),
    "request_invalid": Advice(
        N_("The request is invalid"), N_("Your application received the description. Its logs have it.")
    ),
    "secret_missing": Advice(
        N_("No client secret"),
        N_("Your application’s server has to send its client secret to the token endpoint."),
    ),
    "secret_unneeded": Advice(
        N_("A client secret that doesn’t exist"),
        N_("This application has none. Set the authentication method to none and remove the secret."),
    ),
    "secret_twice": Advice(
        N_("The client secret was sent twice"),
        N_("Send it in the Authorization header or in the body, not in both."),
    ),
    "secret_place": Advice(
        N_("The client secret is in the wrong place"),
        N_(
            "Change how it authenticates: client_secret_basic is the Authorization header, client_secret_post the body."
        ),
    ),
    "secret_wrong": Advice(
        N_("The client secret is wrong"),
        N_("Check that it was copied completely, and that it hasn’t been removed. You can create a second one."),
    ),
    "token_redirect_uri": Advice(
        N_("Two different redirect URIs"),
        N_("Send the same redirect_uri to the token endpoint as in the authorization request."),
    ),
    "verifier_missing": Advice(
        N_("The PKCE verifier is missing"),
        N_("Send code_verifier to the token endpoint. If your session lost it, check the session’s cookie."),
    ),
    "verifier_wrong": Advice(
        N_("The PKCE verifier is another one"),
        N_("It has to be the one that belongs to code_challenge. Check that two sign-ins don’t overwrite each other."),
    ),
    "code_invalid": Advice(
        N_("The code isn’t valid"),
        N_("A code works once, within 60 seconds. Check that your application doesn’t redeem it twice."),
    ),
}


def names_of(given: dict[str, str]) -> list[str]:
    """The names of the parameters. One that is no parameter's name may be a value, and isn't kept."""
    return sorted(name for name in given if NAME.fullmatch(name))[:MOST_NAMES]


def shown_uri(uri: str | None) -> str | None:
    """A redirect URI without its query, in which a secret could be."""
    if not uri or fault(uri):
        return None
    address, question_mark, _ = uri.partition("?")
    return f"{address}?…" if question_mark else address


def of_authorization(given: dict[str, str], registered: list[str], *, requires_pkce: bool) -> list[str]:
    """The verdicts on an authorization request of this application."""
    found = [] if (verdict := _of_redirect_uri(given.get("redirect_uri"), registered)) is None else [verdict]
    if given.get("response_type") != "code":
        found.append("response_type")
    if requires_pkce and "code_challenge" not in given:
        found.append("pkce_missing")
    if "openid" not in given.get("scope", "").split(" "):
        found.append("scope_openid")
    if "client_secret" in given:
        found.append("secret_in_address")
    return found


def _of_redirect_uri(seen: str | None, registered: list[str]) -> str | None:
    if seen is None:
        return "redirect_uri_missing"
    if any(matches(one, seen) for one in registered):
        return None
    if any(seen.rstrip("/") == one.rstrip("/") for one in registered):
        return "redirect_uri_slash"
    if seen.startswith("http:") and any(one == f"https:{seen[5:]}" for one in registered):
        return "redirect_uri_scheme"
    return "redirect_uri_unknown"


def can_be_added(uri: str | None, registered: list[str]) -> bool:
    """Whether a redirect URI that was seen may be offered for registration: on an origin that is registered, or on this
    computer. Any other one could be an attacker's, who sent the owner here.
    """
    if uri is None or "?" in uri or fault(uri) or uri in registered:
        return False
    origin = origin_of(uri)
    host = re.sub(r":\d+$", "", origin.partition("://")[2])
    return host in LOOPBACK or origin in {origin_of(one) for one in registered}


@dataclass(frozen=True)
class TokenRequest:
    """What tells the reason why a request to the token endpoint failed."""

    error: str
    """OAuth's code."""
    authentication: str
    """As registered."""
    has_basic: bool
    has_posted: bool
    redirect_uri_differs: bool
    has_challenge: bool
    has_verifier: bool
    verifier_differs: bool


def of_token_request(failed: TokenRequest) -> list[str]:
    """The verdict on a request to the token endpoint that failed."""
    if failed.has_basic and failed.has_posted:
        return ["secret_twice"]
    if failed.error == "invalid_client":
        return [_of_authentication(failed)]
    if failed.error != "invalid_grant":
        return ["request_invalid"]
    if failed.redirect_uri_differs:
        return ["token_redirect_uri"]
    if failed.has_challenge and not failed.has_verifier:
        return ["verifier_missing"]
    if failed.verifier_differs:
        return ["verifier_wrong"]
    return ["code_invalid"]


def _of_authentication(failed: TokenRequest) -> str:
    has_secret = failed.has_basic or failed.has_posted
    if failed.authentication == Authentication.NONE:
        return "secret_unneeded"
    if not has_secret:
        return "secret_missing"
    accepts: dict[str, Any] = {
        Authentication.SECRET_BASIC: failed.has_basic,
        Authentication.SECRET_POST: failed.has_posted,
    }
    return "secret_wrong" if accepts.get(failed.authentication, True) else "secret_place"
