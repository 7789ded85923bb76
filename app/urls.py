"""Every address of the application, and who may open it."""

from app.people import pages as people
from app.sign_in import pages as sign_in
from app.sign_in import password_pages, server_pages, spa_pages
from app.web import health, home
from app.web.access import Access, Route

PUBLIC, MEMBER = Access.PUBLIC, Access.MEMBER
POST = ("POST",)

ROUTES = (
    Route("/", "home", home.home, PUBLIC),
    # Signing in and out
    Route("/login", "sign_in.find", sign_in.find, PUBLIC),
    Route("/login/<code>", "sign_in.login", sign_in.login, PUBLIC),
    Route("/login/<code>/microsoft/<public_id>", "sign_in.start", server_pages.start, PUBLIC, POST),
    Route("/login/<code>/password", "sign_in.password", password_pages.password, PUBLIC, POST),
    Route("/auth/<public_id>/callback", "sign_in.callback", server_pages.callback, PUBLIC),
    Route("/auth/<public_id>/popup", "sign_in.popup", spa_pages.popup, PUBLIC),
    Route("/auth/<public_id>/token", "sign_in.token", spa_pages.token, PUBLIC, POST),
    Route("/logout", "sign_in.sign_out", sign_in.sign_out, PUBLIC, POST),
    # One's own
    Route("/account", "people.account", people.account, MEMBER),
    Route("/account/sync", "sign_in.sync_now", server_pages.sync_now, MEMBER, POST),
    Route("/account/sessions/<uuid:session_id>/end", "people.end_session", people.end_session, MEMBER, POST),
    Route("/account/sessions/end-others", "people.end_other_sessions", people.end_other_sessions, MEMBER, POST),
    # The company's people
    Route("/people", "people.index", people.index, MEMBER),
    Route("/people/<uuid:person_id>", "people.show", people.show, MEMBER),
    Route("/people/<uuid:person_id>/avatar", "people.avatar", people.avatar, MEMBER),
    # For machines
    Route("/healthz", "alive", health.alive, PUBLIC),
    Route("/readyz", "ready", health.ready, PUBLIC),
)
