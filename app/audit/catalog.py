"""The sentences for each event: one entry per event. A new event needs an entry here.

The first sentence is used whose `{names}` are all known:

- `{who}`: the person who did it, otherwise a person with a setup link, otherwise the operator; `{actor}`: the person;
- `{subject}`: whom or what it was done to; `{own}`: empty, and known if that is the actor;
- `{changed}`: what changed; `{reason}`, `{kind}`: in words; any other detail by its name. True is empty; False and
  None count as unknown, so that `{passed}` chooses between two sentences.
"""

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

EVENTS: dict[str, tuple[str, ...]] = {
    # event: group, sentences
    "sign_in.admitted": (
        SIGN_INS,
        "{actor} signed in for the first time{first}, with {method}",
        "{actor} signed in with {method}",
    ),
    "sign_in.refused": (SIGN_INS, "{subject} was not let in: {reason}", "A sign-in was refused: {reason}"),
    "session.ended": (SIGN_INS, "{actor} ended a session of their own{own}", "{who} ended a session of {subject}"),
    "session.reauthenticated": (SIGN_INS, "{actor} confirmed their identity with {method}"),
    "person.made": (
        PEOPLE,
        "{actor} signed up with the role {role}{own}",
        "{who} added {subject} with the role {role}",
        "{subject} was added at the first sign-in with Microsoft",
    ),
    "person.changed": (PEOPLE, "{who} changed {subject}: {changed}"),
    "person.joined": (PEOPLE, "{actor} connected their Microsoft account"),
    "person.method_set": (
        PEOPLE,
        "{who} set the sign-in method of {subject}",
        "{who} set the sign-in method of {people} people",
    ),
    "person.deactivated": (PEOPLE, "{who} deactivated {subject}"),
    "person.reactivated": (PEOPLE, "{who} reactivated {subject}"),
    "person.deleted": (PEOPLE, "{who} deleted {subject}"),
    "invitation.made": (PEOPLE, "{who} invited {subject}"),
    "invitation.renewed": (PEOPLE, "{who} invited {subject} once more"),
    "invitation.revoked": (PEOPLE, "{who} took back the invitation of {email}", "{who} took back an invitation"),
    "invitation.accepted": (PEOPLE, "{actor} accepted the invitation"),
    "import.begun": (PEOPLE, "{who} began to add people from {file}, {lines} lines"),
    "import.finished": (PEOPLE, "{file} was read to its end: {added} people added by {who}, of {lines} lines"),
    "import.failed": (PEOPLE, "{file} could not be read past line {last_line}: {added} people added by {who}"),
    "import.report_downloaded": (SECURITY, "{who} downloaded the report of {file}"),
    "moving.reminded": (PEOPLE, "{who} reminded {people} people to move to Microsoft"),
    "profile.read": (PEOPLE, "{actor} had their profile read from Microsoft"),
    "connection.made": (CONNECTIONS, "{who} began the connection {subject}"),
    "connection.changed": (CONNECTIONS, "{who} changed the connection {subject}: {changed}"),
    "connection.moved": (CONNECTIONS, "{who} moved the connection {subject} up on the login page"),
    "connection.tested": (
        CONNECTIONS,
        "{who} tested the connection {subject}: it passed{passed}",
        "{who} tested the connection {subject}: it failed",
    ),
    "connection.activated": (CONNECTIONS, "{who} activated the connection {subject}"),
    "credential.added": (CONNECTIONS, "{who} added a {kind} to the connection {subject}"),
    "credential.removed": (CONNECTIONS, "{who} removed a {kind} from the connection {subject}"),
    "credential.unreadable": (CONNECTIONS, "The {kind} of the connection {subject} can’t be decrypted on a server"),
    "credential.refused": (CONNECTIONS, "Microsoft refused the {kind} of the connection {subject}"),
    "consent.given": (CONNECTIONS, "{who} gave consent at Microsoft for the connection {subject}"),
    "consent.refused": (
        CONNECTIONS,
        "{who} asked for consent at Microsoft for the connection {subject}, in vain: {reason}",
        "{who} asked for consent at Microsoft for the connection {subject}, in vain",
    ),
    "setup_link.made": (CONNECTIONS, "{who} made a set-up link for the connection {subject}, good for {days} days"),
    "setup_link.revoked": (CONNECTIONS, "{who} revoked a set-up link for the connection {subject}"),
    "company.made": (COMPANY, "{who} opened {name} here, with the login code {code}"),
    "company.changed": (COMPANY, "{who} changed the company’s settings: {changed}"),
    "login_page.made": (COMPANY, "{who} added the login page {code}"),
    "login_page.changed": (COMPANY, "{who} changed the login page {subject}: {changed}"),
    "login_page.removed": (COMPANY, "{who} removed the login page {code}"),
    "crm.connected": (CRM, "{who} connected Dynamics 365: {organisation}", "{who} connected Dynamics 365"),
    "crm.reauthenticated": (
        CRM,
        "{who} connected Dynamics 365 again: {organisation}",
        "{who} connected Dynamics 365 again",
    ),
    "crm.connect_refused": (CRM, "{who} tried to connect Dynamics 365, in vain: {reason}"),
    "crm.certificate_made": (CRM, "{who} made a certificate for Dynamics 365"),
    "crm.federation_made": (CRM, "{who} chose a federated credential for Dynamics 365"),
    "crm.trouble": (CRM, "Dynamics 365 can’t be read: {reason}"),
    "crm.run_asked": (CRM, "{who} asked for contacts from Dynamics 365"),
    "crm.contacts_brought": (CRM, "{contacts} contacts came from Dynamics 365"),
    "crm.changes_lost": (CRM, "Dynamics 365 had the latest changes no longer, so all contacts are read again"),
    "crm.legacy_kept": (CRM, "{who} kept a user name and a password for Dynamics 365, to be replaced"),
    "crm.legacy_replaced": (CRM, "{who} replaced the user name and password for Dynamics 365; they are erased"),
    "crm.disconnected": (
        CRM,
        "{who} disconnected Dynamics 365 and erased its contacts{contacts_erased}",
        "{who} disconnected Dynamics 365",
    ),
    "crm.contacts_exported": (
        SECURITY,
        "{who} downloaded the contacts of Dynamics 365 that match {search}",
        "{who} downloaded the contacts of Dynamics 365",
    ),
    "password.changed": (SECURITY, "{actor} changed their password{own}", "{who} changed the password of {subject}"),
    "password.removed": (SECURITY, "{actor} removed their password{own}", "{who} removed the password of {subject}"),
    "second_factor.added": (SECURITY, "{actor} added a second factor: {kind}"),
    "second_factor.replaced": (SECURITY, "{actor} replaced their {kind}"),
    "second_factor.removed": (SECURITY, "{actor} removed a second factor: {kind}"),
    "second_factor.taken_away": (SECURITY, "{who} took away the second factors of {subject}"),
    "email.confirmed": (SECURITY, "{actor} confirmed their email address"),
    "confirm_key.mailed": (SECURITY, "A link to confirm the email address was mailed to {subject}"),
    "reset_key.mailed": (SECURITY, "A link for a new password was mailed to {subject}"),
    "join_key.mailed": (SECURITY, "A link to connect a Microsoft account was mailed to {subject}"),
    "recovery_codes.made": (SECURITY, "{actor} made new recovery codes"),
    "recovery_link.made": (SECURITY, "{who} made a recovery link for {subject}"),
    "history.downloaded": (
        SECURITY,
        "{who} downloaded a part of the company’s history: {filtered}",
        "{who} downloaded the company’s history",
    ),
    "own_data.downloaded": (SECURITY, "{actor} downloaded what is stored about them"),
}

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
"""Readable names for columns; the others are spelled out."""

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
"""Why a sign-in was refused, for an admin who reads a list; the page that the person saw says more."""
