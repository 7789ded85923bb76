"""Registers what each purpose of a login transaction does; called once at the start."""

from flask import Flask

from app.login.admin_consent import views as admin_consent
from app.login.complete import complete
from app.login.connection_test import views as connection_test
from app.login.linking import views as linking
from app.login.microsoft.sign_in import sign_in
from app.login.profile_refresh import views as profile_refresh
from app.login.purposes import PurposeHandler, register
from app.login.reauthentication import views as reauthentication
from app.login.transaction import Purpose


def init_app(app: Flask) -> None:
    register(app, Purpose.SIGN_IN, PurposeHandler(answered=sign_in, authenticated=complete))
    register(app, Purpose.CONFIRM_LINK, PurposeHandler(authenticated=linking.authenticated))
    register(app, Purpose.LINK, PurposeHandler(answered=linking.answered))
    register(
        app,
        Purpose.REAUTHENTICATE,
        PurposeHandler(answered=reauthentication.answered, retry_url=reauthentication.retry_url),
    )
    register(app, Purpose.REFRESH_PROFILE, PurposeHandler(answered=profile_refresh.answered))
    register(app, Purpose.TEST_CONNECTION, PurposeHandler(answered=connection_test.answered, for_drafts=True))
    register(app, Purpose.ADMIN_CONSENT, PurposeHandler(answered=admin_consent.answered, for_drafts=True))
