"""Every address of the application, and who may open it."""

from app.connections import pages as connections
from app.connections import setup_pages
from app.crm import connecting_pages
from app.crm import pages as crm
from app.history import pages as history
from app.membership import import_pages, moving_pages
from app.membership import invitation_pages as inviting
from app.membership import pages as membership
from app.membership.importing import LARGEST_FILE
from app.operations import metrics
from app.people import pages as people
from app.people.second_factor import pages as second_factor
from app.people.sessions import pages as sessions
from app.sign_in import (
    closing_pages,
    consent_pages,
    door_pages,
    invitation_pages,
    joining_pages,
    password_pages,
    reauthentication_pages,
    recovery_pages,
    rehearsal_pages,
    reset_pages,
    second_factor_pages,
    server_pages,
    signup_pages,
    spa_pages,
    tally_pages,
)
from app.sign_in import pages as sign_in
from app.web import health, home, one_time_links
from app.web.access import Access, Route

PUBLIC, MEMBER, ADMIN = Access.PUBLIC, Access.MEMBER, Access.ADMIN
AD = "/account/advanced/active-directory"
DOORS = "/account/advanced/login-page"
POST = ("POST",)
LARGEST_FILE_BODY = LARGEST_FILE + 64 * 1024
"""With the form around the file."""

ROUTES = (
    Route("/", "home", home.home, PUBLIC),
    # Signing in and out
    Route("/login", "sign_in.find", sign_in.find, PUBLIC),
    Route("/login/<code>", "sign_in.login", sign_in.login, PUBLIC),
    Route("/login/<code>/microsoft/<public_id>", "sign_in.start", server_pages.start, PUBLIC, POST),
    Route("/login/<code>/password", "sign_in.password", password_pages.password, PUBLIC, POST),
    Route("/login/<code>/recovery", "sign_in.recovery", recovery_pages.show, PUBLIC, link="recovery"),
    Route("/login/<code>/recovery/use", "sign_in.recover", recovery_pages.recover, PUBLIC, POST),
    Route("/auth/<public_id>/callback", "sign_in.callback", server_pages.callback, PUBLIC, acts=True),
    Route("/auth/<public_id>/popup", "sign_in.popup", spa_pages.popup, PUBLIC),
    Route("/auth/<public_id>/token", "sign_in.token", spa_pages.token, PUBLIC, POST),
    Route("/logout", "sign_in.sign_out", sign_in.sign_out, PUBLIC, POST),
    Route("/login/<code>/forgot", "sign_in.forgot", reset_pages.ask, PUBLIC),
    Route("/login/<code>/forgot", "sign_in.send_reset", reset_pages.send, PUBLIC, POST),
    Route("/login/<code>/reset", "sign_in.choose_reset", reset_pages.choose, PUBLIC, link="reset"),
    Route("/login/<code>/reset", "sign_in.reset", reset_pages.reset, PUBLIC, POST),
    Route("/auth/second-factor", "sign_in.second_factor", second_factor_pages.ask, PUBLIC),
    Route("/auth/second-factor", "sign_in.check_second_factor", second_factor_pages.check, PUBLIC, POST),
    Route("/auth/joining", "sign_in.joining", joining_pages.ask, PUBLIC, link="join"),
    Route("/auth/joining/password", "sign_in.join_with_password", joining_pages.with_password, PUBLIC, POST),
    Route("/auth/joining/mail", "sign_in.mail_joining_key", joining_pages.mail_key, PUBLIC, POST),
    Route("/auth/joining/key", "sign_in.join_with_key", joining_pages.with_key, PUBLIC, POST),
    Route("/auth/joining/new", "sign_in.join_as_new", joining_pages.as_new, PUBLIC, POST),
    # Becoming somebody here
    Route("/signup", "sign_in.ask_sign_up", signup_pages.ask, PUBLIC),
    Route("/signup", "sign_in.sign_up", signup_pages.sign_up, PUBLIC, POST),
    Route("/invitation", "membership.invitation", invitation_pages.show, PUBLIC, link="invitation"),
    Route("/invitation", "sign_in.choose_password", invitation_pages.choose_password, PUBLIC, POST),
    # One's own
    Route("/account/confirm", "sign_in.ask_confirm", signup_pages.ask_confirm, MEMBER, link="confirm"),
    Route("/account/confirm", "sign_in.confirm", signup_pages.confirm, MEMBER, POST),
    Route("/account/confirmation", "sign_in.send_confirmation", signup_pages.send_again, MEMBER, POST),
    Route("/account/reauthenticate", "sign_in.reauthenticate", reauthentication_pages.show, MEMBER),
    Route("/account/reauthenticate", "sign_in.check_reauthentication", reauthentication_pages.check, MEMBER, POST),
    Route(
        "/account/reauthenticate/<public_id>",
        "sign_in.start_reauthentication",
        server_pages.reauthenticate,
        MEMBER,
        POST,
    ),
    Route(
        "/account/reauthenticate/<public_id>/token",
        "sign_in.reauthenticate_with_token",
        spa_pages.reauthenticate,
        MEMBER,
        POST,
    ),
    Route(
        "/account/password",
        "sign_in.ask_change_password",
        reset_pages.ask_change,
        MEMBER,
        requires_recent_sign_in="sign_in.ask_change_password",
    ),
    Route(
        "/account/password",
        "sign_in.change_password",
        reset_pages.change,
        MEMBER,
        POST,
        requires_recent_sign_in="sign_in.ask_change_password",
    ),
    Route(
        "/account/microsoft",
        "sign_in.connect",
        joining_pages.connect,
        MEMBER,
        requires_recent_sign_in="sign_in.connect",
    ),
    Route(
        "/account/microsoft/<public_id>",
        "sign_in.start_connecting",
        server_pages.connect,
        MEMBER,
        POST,
        requires_recent_sign_in="sign_in.connect",
    ),
    Route(
        "/account/microsoft/<public_id>/token",
        "sign_in.connect_with_token",
        spa_pages.connect,
        MEMBER,
        POST,
        requires_recent_sign_in="sign_in.connect",
    ),
    Route(
        "/account/second-factor",
        "people.second_factor",
        second_factor.show,
        MEMBER,
        requires_recent_sign_in="people.second_factor",
    ),
    Route(
        "/account/second-factor/app",
        "people.begin_app",
        second_factor.begin_app,
        MEMBER,
        POST,
        requires_recent_sign_in="people.second_factor",
    ),
    Route(
        "/account/second-factor/app/confirm",
        "people.confirm_app",
        second_factor.confirm_app,
        MEMBER,
        POST,
        requires_recent_sign_in="people.second_factor",
    ),
    Route(
        "/account/second-factor/app/remove",
        "people.remove_app",
        second_factor.remove_app,
        MEMBER,
        POST,
        requires_recent_sign_in="people.second_factor",
    ),
    Route(
        "/account/second-factor/passkeys",
        "people.add_passkey",
        second_factor.add_passkey,
        MEMBER,
        POST,
        requires_recent_sign_in="people.second_factor",
    ),
    Route(
        "/account/second-factor/passkeys/<uuid:passkey_id>/remove",
        "people.remove_passkey",
        second_factor.remove_passkey,
        MEMBER,
        POST,
        requires_recent_sign_in="people.second_factor",
    ),
    Route("/account", "people.account", people.account, MEMBER),
    Route("/account/sync", "sign_in.sync_now", server_pages.sync_now, MEMBER, POST),
    Route("/account/sessions/<uuid:session_id>/end", "people.end_session", people.end_session, MEMBER, POST),
    Route("/account/sessions/end-others", "people.end_other_sessions", people.end_other_sessions, MEMBER, POST),
    Route(
        "/account/recovery-codes",
        "people.recovery_codes",
        people.recovery_codes,
        MEMBER,
        requires_recent_sign_in="people.recovery_codes",
    ),
    Route(
        "/account/recovery-codes",
        "people.make_recovery_codes",
        people.make_recovery_codes,
        MEMBER,
        POST,
        requires_recent_sign_in="people.recovery_codes",
    ),
    Route("/account/data", "history.own", history.own, MEMBER),
    Route("/account/data.json", "history.download_own", history.download_own, MEMBER, acts=True),
    # The company's people
    Route("/people", "people.index", membership.index, MEMBER),
    Route("/people/<uuid:person_id>", "people.show", membership.show, MEMBER),
    Route("/people/<uuid:person_id>/avatar", "people.avatar", people.avatar, MEMBER),
    Route("/people/invite", "membership.ask_invite", inviting.ask, ADMIN),
    Route("/people/invite", "membership.invite", inviting.invite, ADMIN, POST),
    Route("/people/import", "membership.add_file", import_pages.ask, ADMIN),
    Route("/people/import", "membership.import_file", import_pages.begin, ADMIN, POST, LARGEST_FILE_BODY),
    Route("/people/import/<uuid:import_id>", "membership.import_", import_pages.show, ADMIN),
    Route("/people/import/<uuid:import_id>/progress", "membership.progress", import_pages.progress, ADMIN),
    Route("/people/import/<uuid:import_id>/report", "membership.import_report", import_pages.report, ADMIN),
    Route("/people/moving", "membership.moving", moving_pages.show, ADMIN),
    Route("/people/moving/remind", "membership.remind", moving_pages.remind, ADMIN, POST),
    Route("/people/methods", "membership.set_methods", membership.set_methods, ADMIN, POST),
    Route("/people/<uuid:person_id>/invitation", "membership.send_again", inviting.send_again, ADMIN, POST),
    Route("/people/<uuid:person_id>/invitation/revoke", "membership.revoke", inviting.revoke, ADMIN, POST),
    Route("/people/<uuid:person_id>/role", "membership.set_role", membership.set_role, ADMIN, POST),
    Route("/people/<uuid:person_id>/active", "membership.set_active", membership.set_active, ADMIN, POST),
    Route("/people/<uuid:person_id>/method", "membership.set_method", membership.set_method, ADMIN, POST),
    Route(
        "/people/<uuid:person_id>/second-factor/remove",
        "membership.remove_second_factor",
        membership.remove_second_factor,
        ADMIN,
        POST,
        requires_recent_sign_in="people.show",
    ),
    Route("/people/<uuid:person_id>/delete", "membership.ask_delete", membership.ask_delete, ADMIN),
    Route("/people/<uuid:person_id>/delete", "membership.delete", membership.delete, ADMIN, POST),
    Route("/people/<uuid:person_id>/sessions/end", "membership.end_sessions", membership.end_sessions, ADMIN, POST),
    Route(
        "/people/<uuid:person_id>/sessions/<uuid:session_id>/end",
        "membership.end_session",
        membership.end_session,
        ADMIN,
        POST,
    ),
    # The company's history
    Route("/audit", "history.index", history.index, ADMIN),
    Route("/audit/entries.csv", "history.download_csv", history.download_csv, ADMIN, acts=True),
    Route("/audit/entries.jsonl", "history.download_jsonl", history.download_jsonl, ADMIN, acts=True),
    # The CRM
    Route("/crm", "crm.index", crm.index, ADMIN),
    Route("/crm/connect", "crm.connect", connecting_pages.connect, ADMIN),
    Route("/crm/connect/start", "crm.start", connecting_pages.start, ADMIN, POST),
    Route("/crm/callback", "crm.callback", connecting_pages.callback, ADMIN, acts=True),
    Route("/crm/reauthenticate", "crm.reauthenticate", connecting_pages.reauthenticate, ADMIN, POST),
    Route("/crm/certificate", "crm.make_certificate", connecting_pages.make_certificate, ADMIN, POST),
    Route("/crm/certificate.cer", "crm.certificate", connecting_pages.certificate, ADMIN),
    Route("/crm/federated", "crm.make_federated", connecting_pages.make_federated, ADMIN, POST),
    Route("/crm/bring", "crm.bring_now", crm.bring_now, ADMIN, POST),
    Route("/crm/progress", "crm.progress", crm.progress, ADMIN),
    Route("/crm/contacts.csv", "crm.export", crm.export, ADMIN, acts=True),
    Route("/crm/disconnect", "crm.disconnect", crm.disconnect, ADMIN, POST),
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
    Route("/account/advanced/sign-ins", "sign_in.tally", tally_pages.show, ADMIN),
    Route("/account/advanced/lock-out", "sign_in.lock_out", closing_pages.show, ADMIN),
    Route(DOORS, "sign_in.doors", door_pages.index, ADMIN),
    Route(f"{DOORS}/new", "sign_in.make_door", door_pages.make, ADMIN, POST),
    Route(f"{DOORS}/code", "sign_in.check_code", door_pages.code, ADMIN),
    Route(f"{DOORS}/passwords", "sign_in.set_password_policy", door_pages.set_password_policy, ADMIN, POST),
    Route(f"{DOORS}/<uuid:page_id>", "sign_in.door", door_pages.edit, ADMIN),
    Route(f"{DOORS}/<uuid:page_id>/save", "sign_in.save_door", door_pages.save, ADMIN, POST),
    Route(f"{DOORS}/<uuid:page_id>/remove", "sign_in.remove_door", door_pages.remove, ADMIN, POST),
    Route(f"{DOORS}/<uuid:page_id>/preview", "sign_in.preview", door_pages.preview, ADMIN),
    Route("/account/advanced/sessions", "people.session_limits", sessions.show_limits, ADMIN),
    Route("/account/advanced/sessions", "people.set_session_limits", sessions.set_limits, ADMIN, POST),
    # For a colleague in IT who has no account
    Route("/setup", "connections.setup", setup_pages.setup, PUBLIC, link="setup"),
    Route("/setup", "connections.save_setup", setup_pages.save_setup, PUBLIC, POST),
    Route("/setup-consent", "sign_in.ask_consent_by_link", consent_pages.ask_by_link, PUBLIC, POST),
    # Links that were sent before keys left the path
    *(
        Route(f"{path}/<key>", f"{endpoint}_by_path", one_time_links.from_path(link, endpoint), PUBLIC)
        for path, endpoint, link in (
            ("/invitation", "membership.invitation", "invitation"),
            ("/account/confirm", "sign_in.ask_confirm", "confirm"),
            ("/setup", "connections.setup", "setup"),
        )
    ),
    # For machines
    Route(
        "/auth/<public_id>/federation/.well-known/openid-configuration",
        "connections.federation_metadata",
        connections.federation_metadata,
        PUBLIC,
    ),
    Route("/auth/<public_id>/federation/keys", "connections.federation_keys", connections.federation_keys, PUBLIC),
    Route(
        "/crm/federation/<federation_id>/.well-known/openid-configuration",
        "crm.federation_metadata",
        connecting_pages.federation_metadata,
        PUBLIC,
    ),
    Route("/crm/federation/<federation_id>/keys", "crm.federation_keys", connecting_pages.federation_keys, PUBLIC),
    Route("/healthz", "alive", health.alive, PUBLIC),
    Route("/readyz", "ready", health.ready, PUBLIC),
    Route("/metrics", "metrics", metrics.show, PUBLIC),
)
