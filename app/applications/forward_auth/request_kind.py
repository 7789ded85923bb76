"""What a proxy asks about: pure functions over the headers of its request."""

from werkzeug.datastructures import Headers

METHOD, URI = "X-Forwarded-Method", "X-Forwarded-Uri"
"""The headers in which Caddy, Traefik and our configuration for nginx name the request they ask about. Anyone may
forge them where a proxy doesn't replace them: they decide what a refusal looks like, and nothing else.
"""


def is_navigation(headers: Headers, method: str) -> bool:
    """Whether a browser shows the response as a page, so that it can continue to the sign-in by itself. Scripts,
    WebSockets and other methods can't: they would lose what they sent.
    """
    if method not in ("GET", "HEAD") or "Sec-WebSocket-Key" in headers or "Upgrade" in headers:
        return False
    if headers.get("X-Requested-With"):
        return False
    mode = headers.get("Sec-Fetch-Mode")
    if mode is not None:
        return mode == "navigate"
    return "text/html" in headers.get("Accept", "")
