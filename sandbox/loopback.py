"""Restricts the control API to programs and pages of this machine, and rejects websites open in its browsers."""

from ipaddress import ip_address

from flask import Response, jsonify, make_response, request

from sandbox.state import sandbox


def reject_remote_requests() -> Response | None:
    """403 for callers from other machines, and for requests from pages of another origin."""
    if not ip_address(request.remote_addr or "0.0.0.0").is_loopback:  # noqa: S104 -- means "unknown"
        return make_response(jsonify({"error": "loopback only"}), 403)
    origin = request.headers.get("Origin")
    own = (None, sandbox().addresses.browser, sandbox().addresses.server, request.host_url.rstrip("/"))
    if request.method != "GET" and origin not in own:
        return make_response(jsonify({"error": "not from another origin"}), 403)
    return None
