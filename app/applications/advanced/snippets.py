"""Ready code that signs people in through Portico, for the frameworks that most use."""

import json
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.applications.models import Application, Authentication, Kind, UriUse
from app.core.text import gettext_noop as N_

CODE = Path(__file__).parent / "code"
INSERTED = re.compile(r"\{\{ (\w+) \}\}")
PLACEHOLDER = "your-client-secret"
PORT = 8002
"""Where the code listens if the redirect URI, which isn't this computer's, names no port."""


@dataclass(frozen=True)
class Framework:
    title: str
    kind: Kind
    install: str
    """The command that installs what the code needs; empty if there is no code."""
    file: str
    """Where the code goes."""
    template: str = ""
    run: str = ""
    """The command that starts it, where the code is a whole application."""
    needs_key: bool = False
    """For its cookies."""


FRAMEWORKS = {
    "flask": Framework(
        "Flask",
        Kind.SERVER,
        "pip install flask authlib requests python-dotenv",
        "example.py",
        "flask.txt",
        "flask --app example run --port {{ port }}",
        needs_key=True,
    ),
    "django": Framework(
        "Django",
        Kind.SERVER,
        "pip install django authlib requests python-dotenv\ndjango-admin startproject example .",
        "example/urls.py",
        "django.txt",
        "python manage.py migrate\npython manage.py runserver {{ port }}",
    ),
    "express": Framework(
        "Express",
        Kind.SERVER,
        "npm install express express-session openid-client",
        "server.mjs",
        "express.txt",
        "node --env-file=.env server.mjs",
        needs_key=True,
    ),
    "browser": Framework(N_("Browser"), Kind.PUBLIC, "npm install oidc-client-ts", "auth.js", "browser.txt"),
    "other": Framework(N_("Other"), Kind.SERVER, "", ""),
}


@dataclass(frozen=True)
class Snippet:
    environment: str
    """The lines of a .env file; empty where there is no server."""
    code: str
    run: str


def frameworks(kind: str) -> dict[str, Framework]:
    """Those that fit an application of this kind. “Other” fits all."""
    return {name: one for name, one in FRAMEWORKS.items() if one.kind == kind or name == "other"}


def snippet(framework: Framework, application: Application, issuer: str, secret: str | None) -> Snippet:
    """`secret` is shown in the lines for the environment, if it is known."""
    if not framework.template:
        return Snippet("", "", "")
    redirect_uri = next(iter(application.uris_for(UriUse.REDIRECT)), f"{issuer}/callback")
    signed_out = next(iter(application.uris_for(UriUse.POST_LOGOUT)), redirect_uri)
    parts = urlsplit(redirect_uri)
    values = {
        "issuer": issuer,
        "client_id": application.client_id,
        "redirect_uri": redirect_uri,
        "redirect_path": parts.path or "/",
        "redirect_route": parts.path.removeprefix("/"),
        "port": parts.port or PORT,
        "signed_out_uri": signed_out,
    }
    # As JSON, which is how each of these languages writes a string, too.
    code, run = (
        INSERTED.sub(lambda name: json.dumps(values[name[1]]), text)
        for text in ((CODE / framework.template).read_text(), framework.run)
    )
    return Snippet(_environment(framework, application, issuer, secret), code, run)


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
    lines = [
        f"PORTICO_ISSUER={issuer}",
        f"PORTICO_CLIENT_ID={application.client_id}",
        f"PORTICO_CLIENT_SECRET={secret or PLACEHOLDER}",
    ]
    if framework.needs_key:
        lines.append(f"SECRET_KEY={secrets.token_urlsafe(32)}")
    return "\n".join(lines)
