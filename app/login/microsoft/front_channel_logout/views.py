"""Microsoft's front-channel logout: a person who signs out of Microsoft is signed out here as well.

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#single-sign-out
"""

from flask import Response, abort, request
from flask.typing import ResponseReturnValue

from app.connections import connection_config
from app.http import headers
from app.sessions import actions


def sign_out(public_id: str) -> ResponseReturnValue:
    """Ends the sessions of this connection with Microsoft's `sid`, a random id that only this browser's directory
    session has. It comes without our cookies, in a frame of Microsoft's page, and the response is always the same.
    """
    connection = connection_config.by_public_id(public_id)
    if connection is None:
        abort(404)
    if sid := request.args.get("sid"):
        actions.end_of_microsoft_session(connection.company_id, connection.id, sid)
    headers.allow_framing_by_directory()
    return Response("", mimetype="text/plain")
