"""Every route of the application with its access mark."""

from app.applications.advanced import views as applications
from app.applications.backchannel import views as backchannel
from app.applications.first_request import views as first_request
from app.applications.forward_auth import views as forward_auth
from app.applications.launchpad import views as launchpad
from app.applications.provider.authorize import views as authorize
from app.applications.provider.logout import views as provider_logout
from app.applications.provider.metadata import views as provider_metadata
from app.applications.provider.picture import views as provider_picture
from app.applications.provider.token import views as tokens
from app.applications.provider.userinfo import views as userinfo
from app.applications.roles import views as roles
from app.companies.branding import views as branding
from app.connections import views as connections
from app.connections.credentials import views as credentials
from app.connections.setup_links import views as setup_links
from app.connections.steps import views as steps
from app.crm import views as crm
from app.crm.authorization import views as authorization
from app.http import health
from app.http.access import Access, Route
from app.login.admin_consent import views as admin_consent
from app.login.branding import views as branding_settings
from app.login.connection_test import views as connection_test
from app.login.domains import views as domains
from app.login.find_company import views as find_company
from app.login.invitation import views as invitation_views
from app.login.linking import views as linking
from app.login.microsoft.front_channel_logout import views as front_channel_logout
from app.login.microsoft.popup import views as popup
from app.login.microsoft.redirect import views as redirect
from app.login.page import views as page_views
from app.login.page_settings import views as page_settings
from app.login.password import views as password_views
from app.login.password_policy import views as password_policy
from app.login.password_reset import views as reset
from app.login.profile_refresh import views as profile_refresh
from app.login.reauthentication import views as reauthentication
from app.login.recovery import views as recovery
from app.login.signup import views as signup_views
from app.login.stats import views as stats_views
from app.login.switch import views as switch
from app.login.two_step import views as two_step_views
from app.overview.account import views as account
from app.overview.audit_log import views as audit_log
from app.overview.company import views as company
from app.overview.help import views as help_views
from app.overview.home import views as home_views
from app.overview.metrics import views as metrics_views
from app.overview.own_data import views as own_data_views
from app.overview.people import views as people
from app.overview.people.bulk import views as bulk
from app.overview.people.imports import views as imports
from app.overview.people.invitations import views as invitations
from app.overview.people.microsoft_migration import views as migration
from app.people import views as pictures
from app.people.avatars import LARGEST_BYTES
from app.people.imports.import_job import LARGEST_FILE
from app.people.two_step import views as two_step
from app.provisioning.leavers import views as leavers
from app.provisioning.roles import views as role_mappings
from app.provisioning.scim.admin import views as provisioning
from app.provisioning.scim.view_loader import view_of as scim_view
from app.sessions import views as sessions

PUBLIC, MEMBER, ADMIN, POST = Access.PUBLIC, Access.MEMBER, Access.ADMIN, ("POST",)
AD, LOGIN_PAGES = "/account/advanced/active-directory", "/account/advanced/login-page"
DRAFT, CRM_FEDERATION = f"{AD}/<uuid:draft_id>", "/crm/federation/<federation_id>"
ON_APPLICATION = "/.portico/<client_id>"
PERSON = "/people/<uuid:person_id>"
APPLICATIONS = "/account/advanced/applications"
COMPANY, BRANDING = "/account/advanced/company", "/account/advanced/branding"
DOMAINS = "/account/advanced/domains"
DOMAIN = f"{DOMAINS}/<uuid:domain_id>"
APPLICATION, ROLE = (
    f"{APPLICATIONS}/<uuid:application_id>",
    f"{APPLICATIONS}/<uuid:application_id>/roles/<uuid:role_id>",
)
ROLE_MAPPINGS, ROLE_MAPPING = "/account/advanced/roles", "/account/advanced/roles/<uuid:mapping_id>"
LARGEST_FILE_BODY = LARGEST_FILE + 64 * 1024  # the file, and the form around it
LARGEST_BRANDING_BODY = 3 * LARGEST_BYTES + 1024 * 1024
LARGEST_ICON_BODY = LARGEST_BYTES + 64 * 1024
ROUTES = (
    Route("/", "overview.home.index", home_views.index, PUBLIC),
    Route("/home", "overview.home.show", home_views.show, ADMIN),
    Route("/checklist/dismiss", "overview.home.dismiss_checklist", home_views.dismiss_checklist, ADMIN, POST),
    Route("/checklist/restore", "overview.home.restore_checklist", home_views.restore_checklist, ADMIN, POST),
    Route("/help", "overview.help.index", help_views.index, PUBLIC),
    Route("/help/<guide>", "overview.help.show", help_views.show, PUBLIC),
    Route("/help/pictures/<picture>", "overview.help.picture", help_views.picture, PUBLIC),
    Route("/branding/<image_hash>", "companies.branding.image", branding.image, PUBLIC),
    Route("/branding/<version>/<colors>.css", "companies.branding.stylesheet", branding.stylesheet, PUBLIC),
    # Signing in and out
    Route("/login", "login.page.find", page_views.find, PUBLIC),
    Route("/login", "login.find_company.look_up", find_company.look_up, PUBLIC, POST, unit_of_work=False),
    Route("/login/<code>/companies", "login.find_company.send", find_company.send, PUBLIC, POST, unit_of_work=False),
    Route("/login/<code>", "login.page.show", page_views.show, PUBLIC),
    Route(
        "/login/<code>/microsoft/<public_id>",
        "login.microsoft.redirect.start",
        redirect.start,
        PUBLIC,
        POST,
        unit_of_work=False,
    ),
    Route("/login/<code>/password", "login.password.sign_in", password_views.sign_in, PUBLIC, POST, unit_of_work=False),
    Route("/login/<code>/recovery", "login.recovery.show", recovery.show, PUBLIC, link="recovery"),
    Route("/login/<code>/recovery/use", "login.recovery.redeem", recovery.redeem, PUBLIC, POST),
    Route("/auth/<public_id>/callback", "login.microsoft.redirect.callback", redirect.callback, PUBLIC, acts=True),
    Route("/auth/<public_id>/popup", "login.microsoft.popup.show", popup.show, PUBLIC),
    Route("/auth/<public_id>/token", "login.microsoft.popup.token", popup.token, PUBLIC, POST, unit_of_work=False),
    Route(
        "/auth/<public_id>/front-channel-logout",
        "login.microsoft.front_channel_logout.sign_out",
        front_channel_logout.sign_out,
        PUBLIC,
        acts=True,
        unit_of_work=True,
    ),
    Route("/sessions/switch", "login.switch.activate", switch.activate, PUBLIC, POST),
    Route("/logout", "login.page.sign_out", page_views.sign_out, PUBLIC, POST, unit_of_work=False),
    Route("/login/<code>/forgot", "login.password_reset.forgot", reset.forgot, PUBLIC),
    Route("/login/<code>/forgot", "login.password_reset.send_link", reset.send_link, PUBLIC, POST, unit_of_work=False),
    Route("/login/<code>/reset", "login.password_reset.show", reset.show, PUBLIC, link="reset"),
    Route("/login/<code>/reset", "login.password_reset.reset", reset.reset, PUBLIC, POST),
    Route("/auth/second-factor", "login.two_step.show", two_step_views.show, PUBLIC),
    Route("/auth/second-factor", "login.two_step.check", two_step_views.check, PUBLIC, POST),
    Route("/auth/joining", "login.linking.show", linking.show, PUBLIC, link="join"),
    Route("/auth/joining/password", "login.linking.confirm_with_password", linking.confirm_with_password, PUBLIC, POST),
    Route("/auth/joining/mail", "login.linking.send_email", linking.send_email, PUBLIC, POST),
    Route("/auth/joining/key", "login.linking.confirm_with_email", linking.confirm_with_email, PUBLIC, POST),
    Route("/auth/joining/new", "login.linking.create_account", linking.create_account, PUBLIC, POST),
    # Signing up and accepting invitations
    Route("/signup", "login.signup.show", signup_views.show, PUBLIC),
    Route("/signup", "login.signup.create", signup_views.create, PUBLIC, POST),
    Route("/invitation", "login.invitation.show", invitation_views.show, PUBLIC, link="invitation"),
    Route("/invitation", "login.invitation.choose_password", invitation_views.choose_password, PUBLIC, POST),
    # The signed-in person's account
    Route("/account/confirm", "login.signup.show_confirmation", signup_views.show_confirmation, MEMBER, link="confirm"),
    Route("/account/confirm", "login.signup.confirm", signup_views.confirm, MEMBER, POST),
    Route("/account/confirmation", "login.signup.resend_confirmation", signup_views.resend_confirmation, MEMBER, POST),
    Route("/account/reauthenticate", "login.reauthentication.show", reauthentication.show, MEMBER),
    Route("/account/reauthenticate", "login.reauthentication.check", reauthentication.check, MEMBER, POST),
    Route(
        "/account/reauthenticate/<public_id>",
        "login.reauthentication.start",
        reauthentication.start,
        MEMBER,
        POST,
        unit_of_work=False,
    ),
    Route(
        "/account/reauthenticate/<public_id>/token",
        "login.microsoft.popup.reauthenticate",
        popup.reauthenticate,
        MEMBER,
        POST,
        unit_of_work=False,
    ),
    Route(
        "/account/password",
        "login.password_reset.edit_password",
        reset.edit_password,
        MEMBER,
        requires_recent_sign_in="login.password_reset.edit_password",
    ),
    Route(
        "/account/password",
        "login.password_reset.change_password",
        reset.change_password,
        MEMBER,
        POST,
        requires_recent_sign_in="login.password_reset.edit_password",
    ),
    Route(
        "/account/microsoft",
        "login.linking.connect",
        linking.connect,
        MEMBER,
        requires_recent_sign_in="login.linking.connect",
    ),
    Route(
        "/account/microsoft/<public_id>",
        "login.linking.start",
        linking.start,
        MEMBER,
        POST,
        unit_of_work=False,
        requires_recent_sign_in="login.linking.connect",
    ),
    Route(
        "/account/microsoft/<public_id>/token",
        "login.microsoft.popup.connect",
        popup.connect,
        MEMBER,
        POST,
        unit_of_work=False,
        requires_recent_sign_in="login.linking.connect",
    ),
    Route(
        "/account/second-factor",
        "people.two_step.show",
        two_step.show,
        MEMBER,
        requires_recent_sign_in="people.two_step.show",
    ),
    Route(
        "/account/second-factor/app",
        "people.two_step.begin_app",
        two_step.begin_app,
        MEMBER,
        POST,
        requires_recent_sign_in="people.two_step.show",
    ),
    Route(
        "/account/second-factor/app/confirm",
        "people.two_step.confirm_app",
        two_step.confirm_app,
        MEMBER,
        POST,
        requires_recent_sign_in="people.two_step.show",
    ),
    Route(
        "/account/second-factor/app/remove",
        "people.two_step.remove_app",
        two_step.remove_app,
        MEMBER,
        POST,
        requires_recent_sign_in="people.two_step.show",
    ),
    Route(
        "/account/second-factor/passkeys",
        "people.two_step.add_passkey",
        two_step.add_passkey,
        MEMBER,
        POST,
        requires_recent_sign_in="people.two_step.show",
    ),
    Route(
        "/account/second-factor/passkeys/<uuid:passkey_id>/remove",
        "people.two_step.remove_passkey",
        two_step.remove_passkey,
        MEMBER,
        POST,
        requires_recent_sign_in="people.two_step.show",
    ),
    Route("/account", "overview.account.show", account.show, MEMBER),
    Route("/account/language", "overview.account.set_language", account.set_language, MEMBER, POST),
    Route("/account/sync", "login.profile_refresh.start", profile_refresh.start, MEMBER, POST, unit_of_work=False),
    Route(
        "/account/sessions/remember",
        "sessions.show_remember",
        sessions.show_remember,
        MEMBER,
        requires_recent_sign_in="sessions.show_remember",
    ),
    Route(
        "/account/sessions/remember",
        "sessions.remember",
        sessions.remember,
        MEMBER,
        POST,
        requires_recent_sign_in="sessions.show_remember",
    ),
    Route("/account/sessions/<uuid:session_id>/end", "sessions.end_session", sessions.end_session, MEMBER, POST),
    Route("/account/sessions/end-others", "sessions.end_other_sessions", sessions.end_other_sessions, MEMBER, POST),
    Route(
        "/account/recovery-codes",
        "overview.account.recovery_codes",
        account.recovery_codes,
        MEMBER,
        requires_recent_sign_in="overview.account.recovery_codes",
    ),
    Route(
        "/account/recovery-codes",
        "overview.account.create_recovery_codes",
        account.create_recovery_codes,
        MEMBER,
        POST,
        requires_recent_sign_in="overview.account.recovery_codes",
    ),
    Route("/account/data", "overview.own_data.show", own_data_views.show, MEMBER),
    Route("/account/data.json", "overview.own_data.download", own_data_views.download, MEMBER, acts=True),
    # The applications that the signed-in person uses
    Route("/apps", "applications.launchpad.index", launchpad.index, MEMBER),
    Route("/apps/<uuid:application_id>", "applications.launchpad.show", launchpad.show, MEMBER),
    Route("/apps/<uuid:application_id>", "applications.launchpad.ask", launchpad.ask, MEMBER, POST),
    Route("/apps/<uuid:application_id>/icon", "applications.launchpad.icon", launchpad.icon, MEMBER),
    # The company's people
    Route("/people", "overview.people.index", people.index, MEMBER),
    Route(PERSON, "overview.people.show", people.show, MEMBER),
    Route(f"{PERSON}/avatar", "people.avatar", pictures.avatar, MEMBER),
    Route("/people/invite", "overview.people.invitations.new", invitations.new, ADMIN),
    Route("/people/invite", "overview.people.invitations.create", invitations.create, ADMIN, POST, unit_of_work=False),
    Route("/people/import", "overview.people.imports.new", imports.new, ADMIN),
    Route("/people/import", "overview.people.imports.create", imports.create, ADMIN, POST, LARGEST_FILE_BODY),
    Route("/people/import/<uuid:import_id>", "overview.people.imports.show", imports.show, ADMIN),
    Route("/people/import/<uuid:import_id>/progress", "overview.people.imports.progress", imports.progress, ADMIN),
    Route("/people/import/<uuid:import_id>/report", "overview.people.imports.report", imports.report, ADMIN, acts=True),
    Route("/people/moving", "overview.people.microsoft_migration.show", migration.show, ADMIN),
    Route("/people/moving/remind", "overview.people.microsoft_migration.confirm", migration.confirm, ADMIN),
    Route(
        "/people/moving/remind",
        "overview.people.microsoft_migration.remind",
        migration.remind,
        ADMIN,
        POST,
        unit_of_work=False,
    ),
    Route("/people/selected/<action>", "overview.people.bulk.confirm", bulk.confirm, ADMIN),
    Route("/people/selected/<action>", "overview.people.bulk.apply", bulk.apply, ADMIN, POST),
    Route(
        f"{PERSON}/invitation",
        "overview.people.invitations.resend",
        invitations.resend,
        ADMIN,
        POST,
        unit_of_work=False,
    ),
    Route(f"{PERSON}/invitation/revoke", "overview.people.invitations.revoke", invitations.revoke, ADMIN, POST),
    Route(f"{PERSON}/role", "overview.people.set_role", people.set_role, ADMIN, POST),
    Route(f"{PERSON}/active", "overview.people.set_active", people.set_active, ADMIN, POST),
    Route(f"{PERSON}/method", "overview.people.set_method", people.set_method, ADMIN, POST),
    Route(
        f"{PERSON}/second-factor/remove",
        "overview.people.reset_two_step",
        people.reset_two_step,
        ADMIN,
        POST,
        requires_recent_sign_in="overview.people.show",
    ),
    Route(f"{PERSON}/delete", "overview.people.confirm_delete", people.confirm_delete, ADMIN),
    Route(f"{PERSON}/delete", "overview.people.delete", people.delete, ADMIN, POST),
    Route(f"{PERSON}/sessions/end", "overview.people.end_sessions", people.end_sessions, ADMIN, POST),
    Route(f"{PERSON}/sessions/<uuid:session_id>/end", "overview.people.end_session", people.end_session, ADMIN, POST),
    # The company's audit log
    Route("/audit", "overview.audit_log.index", audit_log.index, ADMIN),
    Route("/audit/entries.csv", "overview.audit_log.download_csv", audit_log.download_csv, ADMIN, acts=True),
    Route("/audit/entries.jsonl", "overview.audit_log.download_jsonl", audit_log.download_jsonl, ADMIN, acts=True),
    # The CRM
    Route("/crm", "crm.index", crm.index, ADMIN),
    Route("/crm/connect", "crm.authorization.connect", authorization.connect, ADMIN),
    Route("/crm/connect/start", "crm.authorization.start", authorization.start, ADMIN, POST, unit_of_work=False),
    Route("/crm/callback", "crm.authorization.callback", authorization.callback, ADMIN, acts=True),
    Route(
        "/crm/reauthenticate",
        "crm.authorization.reauthenticate",
        authorization.reauthenticate,
        ADMIN,
        POST,
        unit_of_work=False,
    ),
    Route("/crm/certificate", "crm.authorization.create_certificate", authorization.create_certificate, ADMIN, POST),
    Route("/crm/certificate.cer", "crm.authorization.certificate", authorization.certificate, ADMIN),
    Route("/crm/federated", "crm.authorization.create_federated", authorization.create_federated, ADMIN, POST),
    Route("/crm/bring", "crm.sync_now", crm.sync_now, ADMIN, POST),
    Route("/crm/progress", "crm.progress", crm.progress, ADMIN),
    Route("/crm/contacts.csv", "crm.export", crm.export, ADMIN, acts=True),
    Route("/crm/contacts/<uuid:contact_id>", "crm.show_contact", crm.show_contact, ADMIN),
    Route("/crm/disconnect", "crm.confirm_disconnect", crm.confirm_disconnect, ADMIN),
    Route("/crm/disconnect", "crm.disconnect", crm.disconnect, ADMIN, POST),
    # Advanced options
    Route("/account/advanced", "connections.advanced", connections.advanced, ADMIN),
    Route(f"{AD}", "connections.index", connections.index, ADMIN),
    Route(f"{AD}/new", "connections.steps.choose", steps.choose, ADMIN),
    Route(f"{AD}/new", "connections.steps.create", steps.create, ADMIN, POST),
    Route(f"{DRAFT}/flow", "connections.steps.show_flow", steps.show_flow, ADMIN),
    Route(f"{DRAFT}/flow", "connections.steps.save_flow", steps.save_flow, ADMIN, POST),
    Route(f"{DRAFT}/register", "connections.steps.register", steps.register, ADMIN),
    Route(f"{DRAFT}/values", "connections.steps.show_values", steps.show_values, ADMIN),
    Route(f"{DRAFT}/values", "connections.steps.save_values", steps.save_values, ADMIN, POST, unit_of_work=False),
    Route(f"{DRAFT}/activate", "connections.steps.finish", steps.finish, ADMIN),
    Route(DRAFT, "connections.edit", connections.edit, ADMIN),
    Route(f"{DRAFT}/settings", "connections.settings", connections.settings, ADMIN),
    Route(f"{DRAFT}/save", "connections.save", connections.save, ADMIN, POST, unit_of_work=False),
    Route(f"{DRAFT}/secret", "connections.credentials.show_secret", credentials.show_secret, ADMIN),
    Route(
        f"{DRAFT}/secret",
        "connections.credentials.save_secret",
        credentials.save_secret,
        ADMIN,
        POST,
        unit_of_work=False,
    ),
    Route(f"{DRAFT}/certificate", "connections.credentials.add_certificate", credentials.add_certificate, ADMIN, POST),
    Route(f"{DRAFT}/federated", "connections.credentials.add_federated", credentials.add_federated, ADMIN, POST),
    Route(
        f"{DRAFT}/credentials/<uuid:credential_id>.cer",
        "connections.credentials.certificate",
        credentials.certificate,
        ADMIN,
    ),
    Route(
        f"{DRAFT}/credentials/<uuid:credential_id>/remove",
        "connections.credentials.remove_credential",
        credentials.remove_credential,
        ADMIN,
        POST,
    ),
    Route(f"{DRAFT}/test", "login.connection_test.show", connection_test.show, ADMIN),
    Route(f"{DRAFT}/test/steps", "login.connection_test.steps", connection_test.steps, ADMIN),
    Route(f"{DRAFT}/test/start", "login.connection_test.start", connection_test.start, ADMIN, POST, unit_of_work=False),
    Route(
        f"{DRAFT}/test/tokens", "login.connection_test.tokens", connection_test.tokens, ADMIN, POST, unit_of_work=False
    ),
    Route(f"{DRAFT}/activate", "connections.activate", connections.activate, ADMIN, POST),
    Route(f"{DRAFT}/enabled", "connections.set_enabled", connections.set_enabled, ADMIN, POST),
    Route(f"{DRAFT}/consent", "login.admin_consent.start", admin_consent.start, ADMIN, POST, unit_of_work=False),
    Route(f"{DRAFT}/links", "connections.setup_links.create", setup_links.create, ADMIN, POST),
    Route(f"{DRAFT}/links/<uuid:link_id>/revoke", "connections.setup_links.revoke", setup_links.revoke, ADMIN, POST),
    Route(f"{DRAFT}/up", "connections.move_up", connections.move_up, ADMIN, POST),
    Route("/account/advanced/sign-ins", "login.stats.show", stats_views.show, ADMIN),
    Route("/account/advanced/lock-out", "login.password_policy.show", password_policy.show, ADMIN),
    Route(BRANDING, "login.branding.index", branding_settings.index, ADMIN),
    Route(BRANDING, "login.branding.save", branding_settings.save, ADMIN, POST, LARGEST_BRANDING_BODY),
    Route(f"{BRANDING}/preview", "login.branding.show_preview", branding_settings.show_preview, ADMIN),
    Route(
        f"{BRANDING}/preview",
        "login.branding.preview",
        branding_settings.preview,
        ADMIN,
        POST,
        LARGEST_BRANDING_BODY,
        unit_of_work=False,
    ),
    Route(LOGIN_PAGES, "login.page_settings.index", page_settings.index, ADMIN),
    Route(f"{LOGIN_PAGES}/new", "login.page_settings.create", page_settings.create, ADMIN, POST),
    Route(f"{LOGIN_PAGES}/code", "login.page_settings.check_code", page_settings.check_code, ADMIN),
    Route(f"{LOGIN_PAGES}/language", "login.page_settings.set_language", page_settings.set_language, ADMIN, POST),
    Route(
        f"{LOGIN_PAGES}/passwords",
        "login.page_settings.set_password_policy",
        page_settings.set_password_policy,
        ADMIN,
        POST,
    ),
    Route(f"{LOGIN_PAGES}/<uuid:page_id>", "login.page_settings.edit", page_settings.edit, ADMIN),
    Route(f"{LOGIN_PAGES}/<uuid:page_id>/save", "login.page_settings.save", page_settings.save, ADMIN, POST),
    Route(f"{LOGIN_PAGES}/<uuid:page_id>/remove", "login.page_settings.remove", page_settings.remove, ADMIN, POST),
    Route(f"{LOGIN_PAGES}/<uuid:page_id>/preview", "login.page_settings.preview", page_settings.preview, ADMIN),
    Route(DOMAINS, "login.domains.index", domains.index, ADMIN),
    Route(DOMAINS, "login.domains.create", domains.create, ADMIN, POST),
    Route(DOMAIN, "login.domains.show", domains.show, ADMIN),
    Route(f"{DOMAIN}/check", "login.domains.check", domains.check, ADMIN, POST, unit_of_work=False),
    Route(f"{DOMAIN}/record", "login.domains.renew", domains.renew, ADMIN, POST),
    Route(f"{DOMAIN}/settings", "login.domains.save", domains.save, ADMIN, POST),
    Route(f"{DOMAIN}/give-up", "login.domains.give_up", domains.give_up, ADMIN, POST),
    Route(APPLICATIONS, "applications.advanced.index", applications.index, ADMIN),
    Route(f"{APPLICATIONS}/new", "applications.advanced.new", applications.new, ADMIN),
    Route(f"{APPLICATIONS}/new", "applications.advanced.create", applications.create, ADMIN, POST),
    Route(APPLICATION, "applications.advanced.show", applications.show, ADMIN),
    Route(f"{APPLICATION}/connect", "applications.advanced.connect", applications.connect, ADMIN),
    Route(f"{APPLICATION}/settings", "applications.advanced.settings", applications.settings, ADMIN),
    Route(f"{APPLICATION}/settings", "applications.advanced.save", applications.save, ADMIN, POST),
    Route(
        f"{APPLICATION}/icon", "applications.advanced.set_icon", applications.set_icon, ADMIN, POST, LARGEST_ICON_BODY
    ),
    Route(f"{APPLICATION}/icon/remove", "applications.advanced.remove_icon", applications.remove_icon, ADMIN, POST),
    Route(f"{APPLICATION}/access", "applications.advanced.set_access", applications.set_access, ADMIN, POST),
    Route(f"{APPLICATION}/secrets", "applications.advanced.add_secret", applications.add_secret, ADMIN, POST),
    Route(
        f"{APPLICATION}/secrets/<uuid:secret_id>/remove",
        "applications.advanced.remove_secret",
        applications.remove_secret,
        ADMIN,
        POST,
    ),
    Route(f"{APPLICATION}/enabled", "applications.advanced.set_enabled", applications.set_enabled, ADMIN, POST),
    Route(f"{APPLICATION}/delete", "applications.advanced.confirm_delete", applications.confirm_delete, ADMIN),
    Route(f"{APPLICATION}/delete", "applications.advanced.delete", applications.delete, ADMIN, POST),
    Route(
        f"{APPLICATION}/people/<uuid:person_id>/sign-out",
        "applications.advanced.sign_out",
        applications.sign_out,
        ADMIN,
        POST,
    ),
    Route(f"{APPLICATION}/test", "applications.first_request.show", first_request.show, ADMIN),
    Route(f"{APPLICATION}/test", "applications.first_request.start", first_request.start, ADMIN, POST),
    Route(
        f"{APPLICATION}/test/open", "applications.first_request.open_link", first_request.open_link, ADMIN, acts=True
    ),
    Route(f"{APPLICATION}/test/progress", "applications.first_request.progress", first_request.progress, ADMIN),
    Route(
        f"{APPLICATION}/test/<uuid:arrival_id>/add",
        "applications.first_request.add_redirect_uri",
        first_request.add_redirect_uri,
        ADMIN,
        POST,
    ),
    Route(f"{APPLICATION}/roles", "applications.roles.declare", roles.declare, ADMIN, POST),
    Route(ROLE, "applications.roles.show", roles.show, ADMIN),
    Route(ROLE, "applications.roles.rename", roles.rename, ADMIN, POST),
    Route(f"{ROLE}/remove", "applications.roles.confirm_remove", roles.confirm_remove, ADMIN),
    Route(f"{ROLE}/remove", "applications.roles.remove", roles.remove, ADMIN, POST),
    Route(
        f"{ROLE}/people/<uuid:person_id>/remove",
        "applications.roles.unassign",
        roles.unassign,
        ADMIN,
        POST,
    ),
    Route(f"{APPLICATION}/people/<uuid:person_id>/role", "applications.roles.assign", roles.assign, ADMIN, POST),
    Route(f"{APPLICATION}/people/<uuid:person_id>/decline", "applications.roles.decline", roles.decline, ADMIN, POST),
    Route(
        f"{APPLICATION}/sign-outs",
        "applications.backchannel.show",
        backchannel.show,
        ADMIN,
    ),
    Route(
        f"{APPLICATION}/sign-outs/<uuid:delivery_id>/send-again",
        "applications.backchannel.send_again",
        backchannel.send_again,
        ADMIN,
        POST,
    ),
    Route(ROLE_MAPPINGS, "provisioning.roles.index", role_mappings.index, ADMIN),
    Route(ROLE_MAPPINGS, "provisioning.roles.create", role_mappings.create, ADMIN, POST),
    Route(f"{ROLE_MAPPING}/remove", "provisioning.roles.confirm_remove", role_mappings.confirm_remove, ADMIN),
    Route(f"{ROLE_MAPPING}/remove", "provisioning.roles.remove", role_mappings.remove, ADMIN, POST),
    Route(
        "/account/advanced/leavers/<uuid:draft_id>", "provisioning.leavers.set_checks", leavers.set_checks, ADMIN, POST
    ),
    Route(
        "/account/advanced/leavers/<uuid:draft_id>/users",
        "provisioning.leavers.set_reading",
        leavers.set_reading,
        ADMIN,
        POST,
        unit_of_work=False,
    ),
    Route(f"{DRAFT}/provisioning", "provisioning.scim.admin.show", provisioning.show, ADMIN),
    Route(
        f"{DRAFT}/provisioning/credentials/new",
        "provisioning.scim.admin.choose_method",
        provisioning.choose_method,
        ADMIN,
    ),
    Route(
        f"{DRAFT}/provisioning/credentials/new/<method>",
        "provisioning.scim.admin.set_up",
        provisioning.set_up,
        ADMIN,
    ),
    Route(
        f"{DRAFT}/provisioning/credentials/new/<method>",
        "provisioning.scim.admin.create_credential",
        provisioning.create_credential,
        ADMIN,
        POST,
    ),
    Route(
        f"{DRAFT}/provisioning/credentials/<uuid:scim_credential_id>/revoke",
        "provisioning.scim.admin.revoke_credential",
        provisioning.revoke_credential,
        ADMIN,
        POST,
    ),
    Route(f"{DRAFT}/provisioning/stop", "provisioning.scim.admin.confirm_stop", provisioning.confirm_stop, ADMIN),
    Route(f"{DRAFT}/provisioning/stop", "provisioning.scim.admin.stop", provisioning.stop, ADMIN, POST),
    Route("/account/advanced/sessions", "sessions.show_limits", sessions.show_limits, ADMIN),
    Route("/account/advanced/sessions", "sessions.set_limits", sessions.set_limits, ADMIN, POST),
    Route(COMPANY, "overview.company.show", company.show, ADMIN),
    Route(COMPANY, "overview.company.set_name", company.set_name, ADMIN, POST),
    Route(
        f"{COMPANY}/delete",
        "overview.company.confirm_delete",
        company.confirm_delete,
        ADMIN,
        requires_recent_sign_in="overview.company.confirm_delete",
    ),
    Route(
        f"{COMPANY}/delete",
        "overview.company.delete",
        company.delete,
        ADMIN,
        POST,
        requires_recent_sign_in="overview.company.confirm_delete",
    ),
    Route(f"{COMPANY}/keep", "overview.company.cancel", company.cancel, ADMIN, POST),
    # Setup links for people without an account
    Route("/setup", "connections.setup_links.show", setup_links.show, PUBLIC, link="setup", for_admins=True),
    Route(
        "/setup", "connections.setup_links.save", setup_links.save, PUBLIC, POST, unit_of_work=False, for_admins=True
    ),
    Route(
        "/setup-consent",
        "login.admin_consent.start_by_link",
        admin_consent.start_by_link,
        PUBLIC,
        POST,
        unit_of_work=False,
    ),
    # The OpenID Connect provider
    Route("/.well-known/openid-configuration", "applications.provider.metadata.show", provider_metadata.show, PUBLIC),
    Route(
        "/.well-known/oauth-authorization-server",
        "applications.provider.metadata.show_for_oauth",
        provider_metadata.show_for_oauth,
        PUBLIC,
    ),
    Route("/oauth/jwks", "applications.provider.metadata.jwks", provider_metadata.jwks, PUBLIC),
    Route("/oauth/authorize", "applications.provider.authorize.show", authorize.show, PUBLIC, acts=True),
    Route(
        "/oauth/authorize",
        "applications.provider.authorize.post",
        authorize.post,
        PUBLIC,
        POST,
        unit_of_work=False,
        from_anywhere=True,
    ),
    *(
        Route(
            f"/oauth/{rule}",
            f"applications.provider.{view.__module__.split('.')[3]}.{view.__name__}",
            view,
            PUBLIC,
            POST,
            unit_of_work=False,
            from_anywhere=True,
        )
        for rule, view in (
            ("par", authorize.push),
            ("token", tokens.issue),
            ("introspect", tokens.introspect),
            ("revoke", tokens.revoke),
            ("userinfo", userinfo.show_posted),
        )
    ),
    Route("/oauth/userinfo", "applications.provider.userinfo.show", userinfo.show, PUBLIC),
    Route("/oauth/picture/<token>", "applications.provider.picture.show", provider_picture.show, PUBLIC),
    Route("/oauth/logout", "applications.provider.logout.show", provider_logout.show, PUBLIC, acts=True),
    Route(
        "/oauth/logout",
        "applications.provider.logout.post",
        provider_logout.post,
        PUBLIC,
        POST,
        unit_of_work=False,
        from_anywhere=True,
    ),
    # For proxies, and under /.portico/ on an application's own host
    Route("/forward-auth/<client_id>", "applications.forward_auth.check", forward_auth.check, PUBLIC, any_host=True),
    Route(
        f"{ON_APPLICATION}/refused", "applications.forward_auth.refused", forward_auth.refused, PUBLIC, any_host=True
    ),
    Route(f"{ON_APPLICATION}/start", "applications.forward_auth.start", forward_auth.start, PUBLIC, any_host=True),
    Route(
        f"{ON_APPLICATION}/callback",
        "applications.forward_auth.callback",
        forward_auth.callback,
        PUBLIC,
        acts=True,
        any_host=True,
    ),
    Route(
        f"{ON_APPLICATION}/sign-out",
        "applications.forward_auth.sign_out",
        forward_auth.sign_out,
        PUBLIC,
        POST,
        from_anywhere=True,
        any_host=True,
    ),
    # SCIM: what a connection's directory says about people and groups
    Route(
        "/scim/v2/<public_id>/token",
        "provisioning.scim.token.create",
        scim_view("token", "create"),
        PUBLIC,
        POST,
        unit_of_work=False,
        from_anywhere=True,
        largest_body=64 * 1024,
    ),
    *(
        Route(f"/scim/v2/{rule}{slash}", f"provisioning.scim.discovery.{name}", scim_view("discovery", name), PUBLIC)
        for slash in ("", "/")
        for rule, name in (
            ("ServiceProviderConfig", "service_provider_config"),
            ("ResourceTypes", "resource_types"),
            ("ResourceTypes/<name>", "resource_type"),
            ("Schemas", "schemas"),
            ("Schemas/<urn>", "schema"),
        )
    ),
    *(
        Route(
            f"/scim/v2/{rule}",
            "provisioning.scim.discovery.unsupported",
            scim_view("discovery", "unsupported"),
            PUBLIC,
            POST,
            unit_of_work=False,
            from_anywhere=True,
        )
        for rule in (".search", "Bulk")
    ),
    *(
        Route(
            f"/scim/v2/{kind}{rule}{slash}",
            f"provisioning.scim.{kind.lower()}.{name}",
            scim_view(kind.lower(), name),
            PUBLIC,
            (method,),
            unit_of_work=False,
            from_anywhere=method != "GET",
        )
        for kind in ("Users", "Groups")
        for slash in ("", "/")
        for rule, method, name in (
            ("", "GET", "index"),
            ("", "POST", "create"),
            ("/<row_id>", "GET", "show"),
            ("/<row_id>", "PUT", "replace"),
            ("/<row_id>", "PATCH", "patch"),
            ("/<row_id>", "DELETE", "delete"),
        )
    ),
    # For machines
    Route(
        "/auth/<public_id>/federation/.well-known/openid-configuration",
        "connections.credentials.federation_metadata",
        credentials.federation_metadata,
        PUBLIC,
    ),
    Route(
        "/auth/<public_id>/federation/keys",
        "connections.credentials.federation_keys",
        credentials.federation_keys,
        PUBLIC,
    ),
    Route(
        f"{CRM_FEDERATION}/.well-known/openid-configuration",
        "crm.authorization.federation_metadata",
        authorization.federation_metadata,
        PUBLIC,
    ),
    Route(f"{CRM_FEDERATION}/keys", "crm.authorization.federation_keys", authorization.federation_keys, PUBLIC),
    Route("/healthz", "http.health.alive", health.alive, PUBLIC),
    Route("/readyz", "http.health.ready", health.ready, PUBLIC),
    Route("/metrics", "overview.metrics.show", metrics_views.show, PUBLIC),
)
