"""The sentences for each event: one entry per event. A new event needs an entry here.

The first sentence is used whose `{names}` are all known:

- `{who}`: the person who did it, otherwise a person with a setup link, otherwise the operator; `{actor}`: the person;
- `{subject}`: whom or what it was done to; `{own}`: empty, and known if that is the actor;
- `{changed}`: what changed; `{reason}`, `{kind}`: in words; any other detail by its name. True is empty; False and
  None count as unknown, so that `{passed}` chooses between two sentences.
"""

from app.audit.events import companies, connections, crm, people, security, sign_ins
from app.audit.events.base import Event

SIGN_INS, PEOPLE, CONNECTIONS, CRM = "sign-ins", "people", "connections", "crm"
COMPANY, SECURITY = "company", "security"

GROUPS = {
    SIGN_INS: "Sign-ins and sessions",
    PEOPLE: "People",
    CONNECTIONS: "Connections",
    CRM: "CRM",
    COMPANY: "Company and login pages",
    SECURITY: "Security and exports",
}

WORDS: dict[type[Event], tuple[str, ...]] = {
    # event: group, sentences
    sign_ins.SignInSucceeded: (
        SIGN_INS,
        "{actor} signed in for the first time{first}, with {method}",
        "{actor} signed in with {method}",
    ),
    sign_ins.SignInFailed: (SIGN_INS, "{subject} couldn’t sign in: {reason}", "Sign-in failed: {reason}"),
    sign_ins.SessionEnded: (
        SIGN_INS,
        "{actor} signed out one of their sessions{own}",
        "{who} signed out {subject}’s session",
    ),
    sign_ins.SessionReauthenticated: (SIGN_INS, "{actor} confirmed their identity with {method}"),
    people.PersonCreated: (
        PEOPLE,
        "{actor} signed up with the role {role}{own}",
        "{who} added {subject} with the role {role}",
        "{subject} was added at their first sign-in with Microsoft",
    ),
    people.PersonChanged: (PEOPLE, "{who} changed {subject}: {changed}"),
    people.MicrosoftAccountLinked: (PEOPLE, "{actor} connected their Microsoft account"),
    people.SignInMethodSet: (
        PEOPLE,
        "{who} set the sign-in method of {subject}",
        "{who} set the sign-in method of {people} people",
    ),
    people.PersonDeactivated: (PEOPLE, "{who} deactivated {subject}"),
    people.PersonReactivated: (PEOPLE, "{who} reactivated {subject}"),
    people.PersonDeleted: (PEOPLE, "{who} deleted {subject}"),
    people.InvitationCreated: (PEOPLE, "{who} invited {subject}"),
    people.InvitationRenewed: (PEOPLE, "{who} re-sent {subject}’s invitation"),
    people.InvitationRevoked: (PEOPLE, "{who} revoked the invitation of {email}", "{who} revoked an invitation"),
    people.InvitationAccepted: (PEOPLE, "{actor} accepted the invitation"),
    people.ImportStarted: (PEOPLE, "{who} started importing {file} ({lines} rows)"),
    people.ImportFinished: (PEOPLE, "{who} imported {added} of {lines} people from {file}"),
    people.ImportFailed: (PEOPLE, "{who} imported {added} people from {file}, then it failed after row {last_line}"),
    people.ImportReportDownloaded: (SECURITY, "{who} downloaded the import report of {file}"),
    people.MigrationReminderSent: (PEOPLE, "{who} reminded {people} people to move to Microsoft"),
    people.ProfileSynced: (PEOPLE, "{actor} synced their profile"),
    connections.ConnectionCreated: (CONNECTIONS, "{who} created the connection {subject}"),
    connections.ConnectionChanged: (CONNECTIONS, "{who} changed the connection {subject}: {changed}"),
    connections.ConnectionMoved: (CONNECTIONS, "{who} moved the connection {subject} up on the login page"),
    connections.ConnectionTested: (
        CONNECTIONS,
        "{who} tested the connection {subject}: it passed{passed}",
        "{who} tested the connection {subject}: it failed",
    ),
    connections.ConnectionActivated: (CONNECTIONS, "{who} activated the connection {subject}"),
    connections.CredentialAdded: (CONNECTIONS, "{who} added a {kind} to the connection {subject}"),
    connections.CredentialRemoved: (CONNECTIONS, "{who} removed a {kind} from the connection {subject}"),
    connections.CredentialUnreadable: (
        CONNECTIONS,
        "The {kind} of the connection {subject} can’t be decrypted on a server",
    ),
    connections.CredentialRejected: (CONNECTIONS, "Microsoft rejected the {kind} of the connection {subject}"),
    connections.ConsentGranted: (CONNECTIONS, "{who} granted admin consent for the connection {subject}"),
    connections.ConsentFailed: (
        CONNECTIONS,
        "{who} requested admin consent for the connection {subject}, but it failed: {reason}",
        "{who} requested admin consent for the connection {subject}, but it failed",
    ),
    connections.SetupLinkCreated: (
        CONNECTIONS,
        "{who} created a setup link for the connection {subject}, valid {days} days",
    ),
    connections.SetupLinkRevoked: (CONNECTIONS, "{who} revoked a setup link for the connection {subject}"),
    companies.CompanyCreated: (COMPANY, "{who} created the company {name} (code {code})"),
    companies.CompanyChanged: (COMPANY, "{who} changed the company’s settings: {changed}"),
    companies.LoginPageCreated: (COMPANY, "{who} added the login page {code}"),
    companies.LoginPageChanged: (COMPANY, "{who} changed the login page {subject}: {changed}"),
    companies.LoginPageDeleted: (COMPANY, "{who} deleted the login page {code}"),
    crm.CrmConnected: (CRM, "{who} connected Dynamics 365: {organisation}", "{who} connected Dynamics 365"),
    crm.CrmReauthenticated: (
        CRM,
        "{who} connected Dynamics 365 again: {organisation}",
        "{who} connected Dynamics 365 again",
    ),
    crm.CrmConnectFailed: (CRM, "{who} couldn’t connect Dynamics 365: {reason}"),
    crm.CrmCertificateCreated: (CRM, "{who} created a certificate for Dynamics 365"),
    crm.CrmFederationCreated: (CRM, "{who} chose a federated credential for Dynamics 365"),
    crm.CrmProblemFound: (CRM, "Dynamics 365 can’t be read: {reason}"),
    crm.CrmSyncRequested: (CRM, "{who} requested a sync of contacts from Dynamics 365"),
    crm.CrmContactsSynced: (CRM, "{contacts} contacts were synced from Dynamics 365"),
    crm.CrmChangesLost: (CRM, "Dynamics 365 no longer had the latest changes, so all contacts are synced again"),
    crm.LegacyCredentialsStored: (
        CRM,
        "{who} stored a user name and password for Dynamics 365 until they are replaced",
    ),
    crm.LegacyCredentialsReplaced: (
        CRM,
        "{who} replaced the user name and password for Dynamics 365; they were deleted",
    ),
    crm.CrmDisconnected: (
        CRM,
        "{who} disconnected Dynamics 365 and deleted its contacts{contacts_erased}",
        "{who} disconnected Dynamics 365",
    ),
    crm.CrmContactsExported: (
        SECURITY,
        "{who} downloaded the contacts of Dynamics 365 that match {search}",
        "{who} downloaded the contacts of Dynamics 365",
    ),
    security.PasswordChanged: (
        SECURITY,
        "{actor} changed their password{own}",
        "{who} changed the password of {subject}",
    ),
    security.PasswordRemoved: (
        SECURITY,
        "{actor} removed their password{own}",
        "{who} removed the password of {subject}",
    ),
    security.SecondFactorAdded: (SECURITY, "{actor} added a two-step verification method: {kind}"),
    security.SecondFactorReplaced: (SECURITY, "{actor} replaced their {kind}"),
    security.SecondFactorRemoved: (SECURITY, "{actor} removed a two-step verification method: {kind}"),
    security.SecondFactorsReset: (SECURITY, "{who} reset {subject}’s two-step verification"),
    security.EmailConfirmed: (SECURITY, "{actor} confirmed their email address"),
    security.ConfirmationLinkSent: (SECURITY, "A link to confirm the email address was emailed to {subject}"),
    security.ResetLinkSent: (SECURITY, "A password reset link was emailed to {subject}"),
    security.LinkingLinkSent: (SECURITY, "A link to connect a Microsoft account was emailed to {subject}"),
    security.RecoveryCodesCreated: (SECURITY, "{actor} generated new recovery codes"),
    security.RecoveryLinkCreated: (SECURITY, "{who} created a recovery link for {subject}"),
    security.AuditLogDownloaded: (
        SECURITY,
        "{who} downloaded part of the audit log: {filtered}",
        "{who} downloaded the audit log",
    ),
    security.OwnDataDownloaded: (SECURITY, "{actor} downloaded the data stored about them"),
}

EVENTS = {event.event_name: words for event, words in WORDS.items()}
"""The same by the name that is stored."""

ANY_EVENT = ("{what}, by {actor}: {subject}", "{what}, by {actor}", "{what}: {subject}", "{what}")
"""For an event without an entry here: `{what}` is its name, spelled out."""

KINDS = {
    "secret": "client secret",
    "certificate": "certificate",
    "federated": "federated credential",
    "authenticator": "authenticator app",
    "passkey": "passkey",
}

FIELDS = {
    "is_enabled": "active",
    "is_active": "active",
    "client_id": "application ID",
    "create_people": "automatic accounts",
    "allow_guests": "guests allowed",
    "password_sign_in": "password sign-in",
    "code": "login code",
    "tid": "directory ID",
    "oid": "object ID",
    "first": "first sign-in",
}
"""Readable names for columns; the others are spelled out."""

REASONS = {
    "wrong_password": "wrong password",
    "wrong_second_factor": "wrong code or passkey",
    "wrong_recovery_code": "wrong recovery code or link",
    "state": "expired or different browser",
    "attempt_expired": "it took longer than 10 minutes",
    "nonce_foreign": "page from another browser",
    "page_too_old": "the page had been open for too long",
    "other_connection": "started with another connection",
    "attempt_spent": "the same response arrived twice",
    "no_code": "incomplete response from Microsoft",
    "other_person": "different account",
    "auth_time_missing": "Microsoft didn’t say when the person signed in",
    "auth_time_old": "Microsoft didn’t ask the person to sign in again",
    "guest": "guests aren’t allowed",
    "not_invited": "automatic accounts are off",
    "profile_unread": "Microsoft didn’t share their email address",
    "deactivated": "the person is deactivated",
    "other_method": "another sign-in method is set for the person",
    "invitation_ended": "the invitation is no longer valid",
    "joined_elsewhere": "the Microsoft account is linked to another person",
    "directory_unreachable": "Microsoft didn’t respond",
    "directory_broken": "unexpected response from Microsoft",
    "directory_refused": "rejected by Microsoft",
    "signed_out": "the Microsoft session has ended",
    "credential": "the application’s credential was rejected",
    "undecryptable": "stored data can’t be decrypted",
    "consent": "consent is missing",
    "registration": "the application wasn’t found",
    "redirect_uri": "the redirect URI wasn’t accepted",
    "environment": "the environment is unknown",
    "forbidden": "a security role is missing",
    "not_a_user": "the account isn’t a user of the environment",
    "unauthorized": "sign-in rejected",
    "unreachable": "no response in time",
    "broken": "unexpected response",
    "failed": "it failed 5 times in a row",
}
"""Why a sign-in or a sync failed, for an admin who reads a list; the page that the person saw says more."""
