"""Security headers, in one place: one nonce policy for all pages."""

import secrets

from flask import Flask, Response, g

from app.settings import Settings

HSTS = "max-age=31536000; includeSubDomains"


def csp_nonce() -> str:
    """This answer's nonce, made when first asked for."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def init_app(app: Flask, settings: Settings, sign_in_origin: str) -> None:
    # Chromium applies form-action to where a form's answer redirects: sign-in posts to us and goes on to Microsoft.
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        f"form-action 'self' {sign_in_origin}; frame-ancestors 'none'; base-uri 'none'; script-src "
    )
    fixed = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    if settings.secure:
        fixed["Strict-Transport-Security"] = HSTS

    def add_headers(response: Response) -> Response:
        headers = response.headers
        for name, value in fixed.items():
            headers.setdefault(name, value)
        if response.mimetype == "text/html":
            nonce = g.get("csp_nonce")
            headers["Content-Security-Policy"] = policy + (f"'nonce-{nonce}'" if nonce else "'none'")
        else:
            headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        # Whatever is not marked otherwise is somebody's own, or carries a form with a token.
        headers.setdefault("Cache-Control", "no-store")
        return response

    app.after_request(add_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
