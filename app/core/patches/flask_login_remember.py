"""Flask-Login: no cookie but the session's signs anyone in.

Flask-Login always reads a cookie `remember_token` and can't be told not to. A good one would sign in beside the session
row, which can be ended; a malformed one (`a|é`) raises TypeError in `hmac.compare_digest`, so that each page
answers 500 to this browser. Portico never sets this cookie.
"""

from flask_login import LoginManager


class SessionsOnly(LoginManager):
    def _load_user_from_remember_cookie(self, cookie: str) -> None:
        """Loads no one."""
