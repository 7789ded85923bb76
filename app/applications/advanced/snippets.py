"""Ready code that signs people in through Portico, for the frameworks that most use."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.applications.models import Application, Authentication, Kind, UriUse
from app.core.text import gettext_noop as N_

CODE = Path(__file__).parent / "code"
INSERTED = re.compile(r"\{\{ (\w+) \}\}")
PLACEHOLDER = "your-client-secret"


@dataclass(frozen=True)
class Framework:
    title: str
    kind: Kind
    install: str
    """The command that installs what the code needs; empty if there is no code."""
    file: str
    """Where the code goes."""
    template: str = ""


FRAMEWORKS = {
    "flask": Framework("Flask", Kind.SERVER, "pip install flask authlib requests", "app.py", "flask.txt"),
    "django": Framework("Django", Kind.SERVER, "pip install mozilla-django-oidc", "settings.py", "django.txt"),
    "express": Framework(
        "Express",
        Kind.SERVER,
        "npm install express express-session openid-client",
        "server.mjs",
        "express.txt",
    ),
    "browser": Framework(N_("Browser"), Kind.PUBLIC, "npm install oidc-client-ts", "auth.js", "browser.txt"),
    "other": Framework(N_("Other"), Kind.SERVER, "", ""),
}


@dataclass(frozen=True)
class Snippet:
    environment: str
    """The lines of a .env file; empty where there is no server."""
    code: str


def frameworks(kind: str) -> dict[str, Framework]:
    """Those that fit an application of this kind. “Other” fits all."""
    return {name: one for name, one in FRAMEWORKS.items() if one.kind == kind or name == "other"}


def snippet(framework: Framework, application: Application, issuer: str, secret: str | None) -> Snippet:
    """`secret` is shown in the lines for the environment, if it is known."""
    if not framework.template:
        return Snippet("", "")
    redirect_uri = next(iter(application.uris_for(UriUse.REDIRECT)), f"{issuer}/callback")
    signed_out = next(iter(application.uris_for(UriUse.POST_LOGOUT)), redirect_uri)
    values = {
        "issuer": issuer,
        "client_id": application.client_id,
        "redirect_uri": redirect_uri,
        "redirect_path": urlsplit(redirect_uri).path or "/",
        "signed_out_uri": signed_out,
        "algorithm": application.id_token_signed_response_alg,
    }
    # As JSON, which is how each of these languages writes a string, too.
    code = INSERTED.sub(lambda name: json.dumps(values[name[1]]), (CODE / framework.template).read_text())
    return Snippet(_environment(framework, application, issuer, secret), code)


def protocol(application: Application) -> dict[str, Any]:
    """What other libraries ask for, in the protocol's own names."""
    return {
        "scopes": "openid profile email",
        "authentication": [Authentication.SECRET_BASIC, Authentication.SECRET_POST]
        if application.authentication == Authentication.SECRET
        else [application.authentication],
        "algorithm": application.id_token_signed_response_alg,
    }


def _environment(framework: Framework, application: Application, issuer: str, secret: str | None) -> str:
    if framework.kind == Kind.PUBLIC:
        return ""
    return "\n".join(
        (
            f"PORTICO_ISSUER={issuer}",
            f"PORTICO_CLIENT_ID={application.client_id}",
            f"PORTICO_CLIENT_SECRET={secret or PLACEHOLDER}",
        )
    )
