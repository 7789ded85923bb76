"""Every address of the application, and who may open it."""

from app.connections import pages as connections
from app.connections import setup_pages
from app.people import pages as people
from app.sign_in import (
    closing_pages,
    consent_pages,
    door_pages,
    password_pages,
    recovery_pages,
    rehearsal_pages,
    server_pages,
    spa_pages,
)
from app.sign_in import pages as sign_in
from app.web import health, home
from app.web.access import Access, Route

PUBLIC, MEMBER, ADMIN = Access.PUBLIC, Access.MEMBER, Access.ADMIN
AD = "/account/advanced/active-directory"
DOORS = "/account/advanced/login-page"
POST = ("POST",)

ROUTES = (
    Route("/", "home", home.home, PUBLIC),
    # Signing in and out
    Route("/login", "sign_in.find", sign_in.find, PUBLIC),
    Route("/login/<code>", "sign_in.login", sign_in.login, PUBLIC),
    Route("/login/<code>/microsoft/<public_id>", "sign_in.start", server_pages.start, PUBLIC, POST),
    Route("/login/<code>/password", "sign_in.password", password_pages.password, PUBLIC, POST),
    Route("/login/<code>/recovery", "sign_in.recovery", recovery_pages.show, PUBLIC),
    Route("/login/<code>/recovery/use", "sign_in.recover", recovery_pages.recover, PUBLIC, POST),
    Route("/auth/<public_id>/callback", "sign_in.callback", server_pages.callback, PUBLIC),
    Route("/auth/<public_id>/popup", "sign_in.popup", spa_pages.popup, PUBLIC),
    Route("/auth/<public_id>/token", "sign_in.token", spa_pages.token, PUBLIC, POST),
    Route("/logout", "sign_in.sign_out", sign_in.sign_out, PUBLIC, POST),
    # One's own
    Route("/account", "people.account", people.account, MEMBER),
    Route("/account/sync", "sign_in.sync_now", server_pages.sync_now, MEMBER, POST),
    Route("/account/sessions/<uuid:session_id>/end", "people.end_session", people.end_session, MEMBER, POST),
    Route("/account/sessions/end-others", "people.end_other_sessions", people.end_other_sessions, MEMBER, POST),
    Route("/account/recovery-codes", "people.make_recovery_codes", people.make_recovery_codes, ADMIN, POST),
    # The company's people
    Route("/people", "people.index", people.index, MEMBER),
    Route("/people/<uuid:person_id>", "people.show", people.show, MEMBER),
    Route("/people/<uuid:person_id>/avatar", "people.avatar", people.avatar, MEMBER),
    # Advanced options
    Route("/account/advanced", "advanced", connections.advanced, ADMIN),
    Route(f"{AD}", "connections.index", connections.index, ADMIN),
    Route(f"{AD}/new", "connections.make", connections.make, ADMIN, POST),
    Route(f"{AD}/<uuid:draft_id>", "connections.edit", connections.edit, ADMIN),
    Route(f"{AD}/<uuid:draft_id>/save", "connections.save", connections.save, ADMIN, POST),
    Route(f"{AD}/<uuid:draft_id>/certificate", "connections.add_certificate", connections.add_certificate, ADMIN, POST),
    Route(f"{AD}/<uuid:draft_id>/federated", "connections.add_federated", connections.add_federated, ADMIN, POST),
    Route(
        f"{AD}/<uuid:draft_id>/credentials/<uuid:credential_id>.cer",
        "connections.certificate",
        connections.certificate,
        ADMIN,
    ),
    Route(
        f"{AD}/<uuid:draft_id>/credentials/<uuid:credential_id>/remove",
        "connections.remove_credential",
        connections.remove_credential,
        ADMIN,
        POST,
    ),
    Route(f"{AD}/<uuid:draft_id>/test", "sign_in.test", rehearsal_pages.show, ADMIN),
    Route(f"{AD}/<uuid:draft_id>/test/start", "sign_in.start_test", rehearsal_pages.start, ADMIN, POST),
    Route(f"{AD}/<uuid:draft_id>/test/tokens", "sign_in.test_tokens", rehearsal_pages.tokens, ADMIN, POST),
    Route(f"{AD}/<uuid:draft_id>/activate", "connections.activate", connections.activate, ADMIN, POST),
    Route(f"{AD}/<uuid:draft_id>/enabled", "connections.set_enabled", connections.set_enabled, ADMIN, POST),
    Route(f"{AD}/<uuid:draft_id>/consent", "sign_in.ask_consent", consent_pages.ask, ADMIN, POST),
    Route(f"{AD}/<uuid:draft_id>/links", "connections.make_setup_link", setup_pages.make_link, ADMIN, POST),
    Route(
        f"{AD}/<uuid:draft_id>/links/<uuid:link_id>/revoke",
        "connections.revoke_setup_link",
        setup_pages.revoke_link,
        ADMIN,
        POST,
    ),
    Route(f"{AD}/<uuid:draft_id>/up", "connections.move_up", connections.move_up, ADMIN, POST),
    Route("/account/advanced/lock-out", "sign_in.lock_out", closing_pages.show, ADMIN),
    Route(DOORS, "sign_in.doors", door_pages.index, ADMIN),
    Route(f"{DOORS}/new", "sign_in.make_door", door_pages.make, ADMIN, POST),
    Route(f"{DOORS}/code", "sign_in.check_code", door_pages.code, ADMIN),
    Route(f"{DOORS}/passwords", "sign_in.set_password_policy", door_pages.set_password_policy, ADMIN, POST),
    Route(f"{DOORS}/<uuid:page_id>", "sign_in.door", door_pages.edit, ADMIN),
    Route(f"{DOORS}/<uuid:page_id>/save", "sign_in.save_door", door_pages.save, ADMIN, POST),
    Route(f"{DOORS}/<uuid:page_id>/remove", "sign_in.remove_door", door_pages.remove, ADMIN, POST),
    Route(f"{DOORS}/<uuid:page_id>/preview", "sign_in.preview", door_pages.preview, ADMIN),
    # For a colleague in IT who has no account
    Route("/setup/<token>", "connections.setup", setup_pages.setup, PUBLIC),
    Route("/setup/<token>/save", "connections.save_setup", setup_pages.save_setup, PUBLIC, POST),
    Route("/setup/<token>/consent", "sign_in.ask_consent_by_link", consent_pages.ask_by_link, PUBLIC, POST),
    # For machines
    Route(
        "/auth/<public_id>/federation/.well-known/openid-configuration",
        "connections.federation_metadata",
        connections.federation_metadata,
        PUBLIC,
    ),
    Route("/auth/<public_id>/federation/keys", "connections.federation_keys", connections.federation_keys, PUBLIC),
    Route("/healthz", "alive", health.alive, PUBLIC),
    Route("/readyz", "ready", health.ready, PUBLIC),
)
