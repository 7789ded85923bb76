"""Signs people in to a Flask application through Portico. `docs/your-application.md` of Portico shows how."""

from flask_portico.errors import InvalidToken, SignInFailed
from flask_portico.extension import Portico
from flask_portico.person import Person
from flask_portico.sessions import SessionStore, SQLiteSessions, StoredSession

__all__ = ["InvalidToken", "Person", "Portico", "SQLiteSessions", "SessionStore", "SignInFailed", "StoredSession"]
