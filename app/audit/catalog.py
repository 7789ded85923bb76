"""What each event is called on pages: a line an event. Whoever records a new one adds its line here.

The first sentence is taken whose `{names}` are all known:

- `{who}`: the person who did it, else somebody with a set-up link, else the operator; `{actor}`: the person alone;
- `{subject}`: whom or what it was done to; `{own}`: says nothing, and is known when that is the actor;
- `{changed}`: what changed; `{reason}`, `{kind}`: in words; any other detail by its name. True says nothing; False and
  None are not known, so that `{passed}` chooses between two sentences.
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
    SECURITY: "Passwords, keys and downloads",
}

WORDS: dict[type[Event], tuple[str, ...]] = {
    # event: group, sentences
    sign_ins.SignInSucceeded: (
        SIGN_INS,
        "{actor} signed in for the first time{first}, with {method}",
        "{actor} signed in with {method}",
    ),
    sign_ins.SignInFailed: (SIGN_INS, "{subject} was not let in: {reason}", "A sign-in was refused: {reason}"),
    sign_ins.SessionEnded: (
        SIGN_INS,
        "{actor} ended a session of their own{own}",
        "{who} ended a session of {subject}",
    ),
    sign_ins.SessionReauthenticated: (SIGN_INS, "{actor} confirmed their identity with {method}"),
    people.PersonCreated: (
        PEOPLE,
        "{actor} signed up with the role {role}{own}",
        "{who} added {subject} with the role {role}",
        "{subject} was added at the first sign-in with Microsoft",
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
    people.InvitationRenewed: (PEOPLE, "{who} invited {subject} once more"),
    people.InvitationRevoked: (PEOPLE, "{who} took back the invitation of {email}", "{who} took back an invitation"),
    people.InvitationAccepted: (PEOPLE, "{actor} accepted the invitation"),
    people.ImportStarted: (PEOPLE, "{who} began to add people from {file}, {lines} lines"),
    people.ImportFinished: (PEOPLE, "{file} was read to its end: {added} people added by {who}, of {lines} lines"),
    people.ImportFailed: (PEOPLE, "{file} could not be read past line {last_line}: {added} people added by {who}"),
    people.ImportReportDownloaded: (SECURITY, "{who} downloaded the report of {file}"),
    people.MigrationReminderSent: (PEOPLE, "{who} reminded {people} people to move to Microsoft"),
    people.ProfileSynced: (PEOPLE, "{actor} had their profile read from Microsoft"),
    connections.ConnectionCreated: (CONNECTIONS, "{who} began the connection {subject}"),
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
    connections.CredentialRejected: (CONNECTIONS, "Microsoft refused the {kind} of the connection {subject}"),
    connections.ConsentGranted: (CONNECTIONS, "{who} gave consent at Microsoft for the connection {subject}"),
    connections.ConsentFailed: (
        CONNECTIONS,
        "{who} asked for consent at Microsoft for the connection {subject}, in vain: {reason}",
        "{who} asked for consent at Microsoft for the connection {subject}, in vain",
    ),
    connections.SetupLinkCreated: (
        CONNECTIONS,
        "{who} made a set-up link for the connection {subject}, good for {days} days",
    ),
    connections.SetupLinkRevoked: (CONNECTIONS, "{who} revoked a set-up link for the connection {subject}"),
    companies.CompanyCreated: (COMPANY, "{who} opened {name} here, with the login code {code}"),
    companies.CompanyChanged: (COMPANY, "{who} changed the company’s settings: {changed}"),
    companies.LoginPageCreated: (COMPANY, "{who} added the login page {code}"),
    companies.LoginPageChanged: (COMPANY, "{who} changed the login page {subject}: {changed}"),
    companies.LoginPageDeleted: (COMPANY, "{who} removed the login page {code}"),
    crm.CrmConnected: (CRM, "{who} connected Dynamics 365: {organisation}", "{who} connected Dynamics 365"),
    crm.CrmReauthenticated: (
        CRM,
        "{who} connected Dynamics 365 again: {organisation}",
        "{who} connected Dynamics 365 again",
    ),
    crm.CrmConnectFailed: (CRM, "{who} tried to connect Dynamics 365, in vain: {reason}"),
    crm.CrmCertificateCreated: (CRM, "{who} made a certificate for Dynamics 365"),
    crm.CrmFederationCreated: (CRM, "{who} chose a federated credential for Dynamics 365"),
    crm.CrmProblemFound: (CRM, "Dynamics 365 can’t be read: {reason}"),
    crm.CrmSyncRequested: (CRM, "{who} asked for contacts from Dynamics 365"),
    crm.CrmContactsSynced: (CRM, "{contacts} contacts came from Dynamics 365"),
    crm.CrmChangesLost: (CRM, "Dynamics 365 had the latest changes no longer, so all contacts are read again"),
    crm.LegacyCredentialsStored: (CRM, "{who} kept a user name and a password for Dynamics 365, to be replaced"),
    crm.LegacyCredentialsReplaced: (CRM, "{who} replaced the user name and password for Dynamics 365; they are erased"),
    crm.CrmDisconnected: (
        CRM,
        "{who} disconnected Dynamics 365 and erased its contacts{contacts_erased}",
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
    security.SecondFactorAdded: (SECURITY, "{actor} added a second factor: {kind}"),
    security.SecondFactorReplaced: (SECURITY, "{actor} replaced their {kind}"),
    security.SecondFactorRemoved: (SECURITY, "{actor} removed a second factor: {kind}"),
    security.SecondFactorsReset: (SECURITY, "{who} took away the second factors of {subject}"),
    security.EmailConfirmed: (SECURITY, "{actor} confirmed their email address"),
    security.ConfirmationLinkSent: (SECURITY, "A link to confirm the email address was mailed to {subject}"),
    security.ResetLinkSent: (SECURITY, "A link for a new password was mailed to {subject}"),
    security.LinkingLinkSent: (SECURITY, "A link to connect a Microsoft account was mailed to {subject}"),
    security.RecoveryCodesCreated: (SECURITY, "{actor} made new recovery codes"),
    security.RecoveryLinkCreated: (SECURITY, "{who} made a recovery link for {subject}"),
    security.AuditLogDownloaded: (
        SECURITY,
        "{who} downloaded a part of the company’s history: {filtered}",
        "{who} downloaded the company’s history",
    ),
    security.OwnDataDownloaded: (SECURITY, "{actor} downloaded what is stored about them"),
}

EVENTS = {event.event_name: words for event, words in WORDS.items()}
"""The same by the name that is stored."""

ANY_EVENT = ("{what}, by {actor}: {subject}", "{what}, by {actor}", "{what}: {subject}", "{what}")
"""For an event that has no line here: `{what}` is its name, spelt out."""

KINDS = {
    "secret": "client secret",
    "certificate": "certificate",
    "federated": "federated credential",
    "authenticator": "authenticator app",
    "passkey": "passkey",
}

FIELDS = {
    "is_enabled": "switched on",
    "is_active": "active",
    "client_id": "application id",
    "create_people": "new people are let in",
    "allow_guests": "guests are let in",
    "password_sign_in": "who may use a password",
    "code": "login code",
    "tid": "directory",
    "oid": "object in the directory",
    "first": "first sign-in",
}
"""Columns whose names say too little; the others are spelt out."""

REASONS = {
    "wrong_password": "wrong password",
    "wrong_second_factor": "wrong number or passkey",
    "wrong_recovery_code": "wrong recovery code or link",
    "state": "not begun in that browser, or finished already",
    "attempt_expired": "it took longer than 10 minutes",
    "nonce_foreign": "the page was not this browser’s",
    "page_too_old": "the page had been open for too long",
    "other_connection": "it was begun at another connection",
    "attempt_spent": "the same answer arrived twice",
    "no_code": "Microsoft’s answer was incomplete",
    "other_person": "the answer was another person’s",
    "auth_time_missing": "Microsoft didn’t say when the person signed in",
    "auth_time_old": "Microsoft didn’t ask the person to sign in again",
    "guest": "guests are not let in",
    "not_invited": "new people are not let in",
    "profile_unread": "Microsoft didn’t tell their email address",
    "deactivated": "the person is deactivated",
    "other_method": "another sign-in method is set for the person",
    "invitation_ended": "the invitation had ended",
    "joined_elsewhere": "that Microsoft account is somebody else’s here",
    "directory_unreachable": "Microsoft didn’t answer",
    "directory_broken": "Microsoft’s answer made no sense",
    "directory_refused": "Microsoft said no",
    "signed_out": "Microsoft has ended the sign-in",
    "credential": "the application’s credential is refused",
    "undecryptable": "what is stored can’t be decrypted",
    "consent": "consent is missing",
    "registration": "the application was not found",
    "environment": "the environment is unknown",
    "forbidden": "a security role is missing",
    "not_a_user": "the account is no user of the environment",
    "unauthorized": "Dynamics 365 accepts no sign-in of ours",
    "unreachable": "there was no answer in time",
    "broken": "an answer made no sense",
    "failed": "it failed 5 times in a row",
}
"""Why somebody was not let in, for an admin who reads a list; the page that the person saw says more."""
