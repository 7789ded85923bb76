"""The sentences for each event: one entry per event. A new event needs an entry here.

The first sentence is used whose `{names}` are all known:

- `{who}`: the person who did it, otherwise a person with a setup link, otherwise the operator; `{actor}`: the person;
- `{subject}`: whom or what it was done to; `{own}`: empty, and known if that is the actor;
- `{changed}`: what changed; `{reason}`, `{kind}`: in words; any other detail by its name. True is empty; False and
  None count as unknown, so that `{passed}` chooses between two sentences.
"""

from app.audit.events import (
    applications,
    companies,
    connections,
    crm,
    leavers,
    people,
    provisioning,
    roles,
    security,
    sign_ins,
    signing_keys,
)
from app.audit.events.base import Event
from app.core.text import gettext_noop as N_

SIGN_INS, PEOPLE, CONNECTIONS, CRM = "sign-ins", "people", "connections", "crm"
COMPANY, SECURITY, APPLICATIONS, ROLES = "company", "security", "applications", "roles"

GROUPS = {
    SIGN_INS: N_("Sign-ins and sessions"),
    PEOPLE: N_("People"),
    CONNECTIONS: N_("Connections"),
    CRM: N_("CRM"),
    COMPANY: N_("Company and login pages"),
    SECURITY: N_("Security and exports"),
    APPLICATIONS: N_("Applications"),
    ROLES: N_("Mapped roles"),
}

WORDS: dict[type[Event], tuple[str, ...]] = {
    # event: group, sentences
    sign_ins.SignInSucceeded: (
        SIGN_INS,
        N_("{actor} signed in for the first time{first}, with {method}, and stays signed in on the device{remembered}"),
        N_("{actor} signed in for the first time{first}, with {method}"),
        N_("{actor} signed in with {method}, and stays signed in on the device{remembered}"),
        N_("{actor} signed in with {method}"),
    ),
    sign_ins.SignInFailed: (SIGN_INS, N_("{subject} couldn’t sign in: {reason}"), N_("Sign-in failed: {reason}")),
    sign_ins.SessionEnded: (
        SIGN_INS,
        N_("{actor} signed out one of their sessions{own}"),
        N_("{who} signed out {subject}’s session"),
    ),
    sign_ins.SessionExpired: (SIGN_INS, N_("{subject}’s session expired")),
    sign_ins.SessionRemembered: (SIGN_INS, N_("{actor} chose to stay signed in on the device")),
    sign_ins.SessionReauthenticated: (SIGN_INS, N_("{actor} confirmed their identity with {method}")),
    people.PersonCreated: (
        PEOPLE,
        N_("{actor} signed up with the role {role}{own}"),
        N_("{who} added {subject} with the role {role}"),
        N_("{subject} was added at their first sign-in with Microsoft"),
    ),
    people.PersonChanged: (PEOPLE, N_("{who} changed {subject}: {changed}")),
    people.MicrosoftAccountLinked: (PEOPLE, N_("{actor} connected their Microsoft account")),
    people.SignInMethodSet: (
        PEOPLE,
        N_("{who} set the sign-in method of {subject}"),
        N_("{who} set the sign-in method of {people} people"),
    ),
    people.PersonDeactivated: (
        PEOPLE,
        N_("The directory of {directory} deactivated {subject}"),
        N_("{who} deactivated {subject}"),
    ),
    people.PersonReactivated: (
        PEOPLE,
        N_("The directory of {directory} reactivated {subject}"),
        N_("{who} reactivated {subject}"),
    ),
    people.PersonDeleted: (PEOPLE, N_("{who} deleted {subject}")),
    people.InvitationCreated: (PEOPLE, N_("{who} invited {subject}")),
    people.InvitationRenewed: (PEOPLE, N_("{who} re-sent {subject}’s invitation")),
    people.InvitationRevoked: (
        PEOPLE,
        N_("{who} revoked the invitation of {email}"),
        N_("{who} revoked an invitation"),
    ),
    people.InvitationAccepted: (PEOPLE, N_("{actor} accepted the invitation")),
    people.ImportStarted: (PEOPLE, N_("{who} started importing {file} ({lines} rows)")),
    people.ImportFinished: (PEOPLE, N_("{who} imported {added} of {lines} people from {file}")),
    people.ImportFailed: (
        PEOPLE,
        N_("{who} imported {added} people from {file}, then it failed after row {last_line}"),
    ),
    people.ImportReportDownloaded: (SECURITY, N_("{who} downloaded the import report of {file}")),
    people.MigrationReminderSent: (PEOPLE, N_("{who} reminded {people} people to move to Microsoft")),
    people.ProfileSynced: (PEOPLE, N_("{actor} synced their profile")),
    connections.ConnectionCreated: (CONNECTIONS, N_("{who} created the connection {subject}")),
    connections.ConnectionChanged: (CONNECTIONS, N_("{who} changed the connection {subject}: {changed}")),
    connections.ConnectionMoved: (CONNECTIONS, N_("{who} moved the connection {subject} up on the login page")),
    connections.ConnectionTested: (
        CONNECTIONS,
        N_("{who} tested the connection {subject}: it passed{passed}"),
        N_("{who} tested the connection {subject}: it failed"),
    ),
    connections.ConnectionActivated: (CONNECTIONS, N_("{who} activated the connection {subject}")),
    connections.CredentialAdded: (CONNECTIONS, N_("{who} added a {kind} to the connection {subject}")),
    connections.CredentialRemoved: (CONNECTIONS, N_("{who} removed a {kind} from the connection {subject}")),
    connections.CredentialUnreadable: (
        CONNECTIONS,
        N_("The {kind} of the connection {subject} can’t be decrypted on a server"),
    ),
    connections.CredentialRejected: (CONNECTIONS, N_("Microsoft rejected the {kind} of the connection {subject}")),
    connections.ConsentGranted: (CONNECTIONS, N_("{who} granted admin consent for the connection {subject}")),
    connections.ConsentFailed: (
        CONNECTIONS,
        N_("{who} requested admin consent for the connection {subject}, but it failed: {reason}"),
        N_("{who} requested admin consent for the connection {subject}, but it failed"),
    ),
    connections.SetupLinkCreated: (
        CONNECTIONS,
        N_("{who} created a setup link for the connection {subject}, valid {days} days"),
    ),
    connections.SetupLinkRevoked: (CONNECTIONS, N_("{who} revoked a setup link for the connection {subject}")),
    applications.ApplicationCreated: (APPLICATIONS, N_("{who} created the application {name}")),
    applications.ApplicationChanged: (APPLICATIONS, N_("{who} changed the application {subject}: {changed}")),
    applications.ApplicationCompaniesSet: (
        APPLICATIONS,
        N_("{who} opened the application {subject} to all companies{for_all}"),
        N_("{who} changed which companies can use the application {subject}"),
    ),
    applications.ApplicationSecretCreated: (APPLICATIONS, N_("{who} created a client secret of {name}")),
    applications.ApplicationSecretRemoved: (APPLICATIONS, N_("{who} removed a client secret of {name}")),
    applications.ApplicationDeleted: (APPLICATIONS, N_("{who} deleted the application {name}")),
    applications.ApplicationSignOut: (APPLICATIONS, N_("{who} signed {subject} out of the application {name}")),
    applications.ApplicationRolesSet: (
        APPLICATIONS,
        N_("{who} set the roles of {subject} in the application {client}"),
    ),
    applications.AccessRequested: (APPLICATIONS, N_("{actor} asked for access to the application {name}")),
    applications.ApplicationSignIn: (APPLICATIONS, N_("{actor} signed in to the application {name}")),
    applications.LogoutSentAgain: (
        APPLICATIONS,
        N_("{who} told the application {name} again that {subject}’s session has ended"),
    ),
    applications.AuthorizationFailed: (
        APPLICATIONS,
        N_("The application {client} sent a request that failed ({error}): {description}"),
    ),
    applications.CodeReplayed: (
        APPLICATIONS,
        N_("A code of the application {client} was used twice, so {subject}’s sign-in to it was ended"),
    ),
    applications.RefreshTokenReused: (
        APPLICATIONS,
        N_("A refresh token of the application {client} was used twice, so {subject}’s sign-in to it was ended"),
    ),
    applications.GrantRevoked: (APPLICATIONS, N_("The application {client} ended {subject}’s sign-in to it")),
    signing_keys.SigningKeysAdded: (
        APPLICATIONS,
        N_("New signing keys were published on schedule{automatic}"),
        N_("{who} published new signing keys"),
    ),
    signing_keys.SigningKeysReplaced: (APPLICATIONS, N_("{who} replaced the signing keys, and deleted the old ones")),
    leavers.LeaverFound: (
        SIGN_INS,
        N_("{subject} is disabled or deleted at Microsoft (AADSTS{code}), so their sessions with {title} were ended"),
    ),
    leavers.DirectorySessionRevoked: (
        SIGN_INS,
        N_("{subject}’s sessions were revoked at Microsoft, so their session with {title} was ended"),
    ),
    leavers.DirectoryGrantRevoked: (
        SIGN_INS,
        N_("{subject}’s sessions were revoked at Microsoft, so the offline access that came of {title} was ended"),
    ),
    leavers.LeaverListed: (
        SIGN_INS,
        N_("{subject} was deleted at Microsoft{deleted}, so their sessions with {title} were ended"),
        N_("{subject} was disabled at Microsoft, so their sessions with {title} were ended"),
    ),
    leavers.UserReadingChanged: (
        CONNECTIONS,
        N_("{who} turned on reading all changes of users, for the connection {subject}{enabled}"),
        N_("{who} turned off reading all changes of users, for the connection {subject}"),
    ),
    leavers.LeaverChecksChanged: (
        CONNECTIONS,
        N_("{who} turned on checks for people who leave, for the connection {subject}{enabled}"),
        N_("{who} turned off checks for people who leave, for the connection {subject}"),
    ),
    roles.RoleMappingCreated: (
        ROLES,
        N_("{who} mapped the {kind} {name} of {title} to the role {role_name} in {application_name}"),
        N_("{who} mapped the {kind} {name} of {title} to the role of an admin"),
    ),
    roles.RoleMappingRemoved: (
        ROLES,
        N_("{who} removed the mapping of the {kind} {name} of {title} to the role {role_name} in {application_name}"),
        N_("{who} removed the mapping of the {kind} {name} of {title} to the role of an admin"),
    ),
    roles.DirectoryRoleGiven: (
        ROLES,
        N_("{subject} got the role {role_name} in {application_name} through the {kind} {name} of {title}"),
        N_("{subject} became an admin through the {kind} {name} of {title}"),
    ),
    roles.DirectoryRoleRemoved: (
        ROLES,
        N_("{subject} no longer has the role {role_name} in {application_name} through the {kind} {name} of {title}"),
        N_("{subject} is no longer an admin through the {kind} {name} of {title}"),
    ),
    roles.DirectoryRolesKept: (
        ROLES,
        N_("{subject} kept the roles from groups of {title}, because Microsoft didn’t list the groups{kept}"),
        N_("{subject} has no roles from groups of {title}, because Microsoft hasn’t listed the groups for a day"),
    ),
    provisioning.ProvisioningCredentialCreated: (
        CONNECTIONS,
        N_("{who} created a provisioning credential for the connection {title}: {kind}"),
        N_("{who} created a provisioning token for the connection {title}"),
    ),
    provisioning.ProvisioningCredentialFirstUsed: (
        CONNECTIONS,
        N_("The directory of {title} used its provisioning credential for the first time: {kind}"),
    ),
    provisioning.ProvisioningCredentialRevoked: (
        CONNECTIONS,
        N_("{who} revoked a provisioning credential of the connection {title}: {kind}"),
        N_("{who} revoked a provisioning token of the connection {title}"),
    ),
    provisioning.ProvisioningCredentialRefused: (
        CONNECTIONS,
        N_("A provisioning request to the connection {title} was refused ({kind}): {reason}"),
    ),
    provisioning.ProvisioningStopped: (CONNECTIONS, N_("{who} stopped provisioning for the connection {title}")),
    provisioning.PersonProvisioned: (PEOPLE, N_("The directory of {directory} added {subject}")),
    provisioning.PersonConnected: (PEOPLE, N_("The directory of {directory} manages {subject} from now on")),
    provisioning.PersonUpdated: (PEOPLE, N_("The directory of {directory} changed {subject}: {changed}")),
    provisioning.DirectoryUserDeleted: (PEOPLE, N_("The directory of {directory} no longer has {name}")),
    provisioning.PeopleMerged: (PEOPLE, N_("{actor} connected their account with the person from the directory")),
    provisioning.DirectoryGroupCreated: (PEOPLE, N_("The directory of {directory} added the group {name}")),
    provisioning.DirectoryGroupRenamed: (
        PEOPLE,
        N_("The directory of {directory} renamed the group {former} to {name}"),
    ),
    provisioning.DirectoryGroupDeleted: (PEOPLE, N_("The directory of {directory} deleted the group {name}")),
    provisioning.DirectoryMembersChanged: (
        PEOPLE,
        N_("The directory of {directory} changed the group {name}: {added} people added, {removed} removed"),
    ),
    companies.CompanyCreated: (COMPANY, N_("{who} created the company {name} (code {code})")),
    companies.CompanyChanged: (COMPANY, N_("{who} changed the company’s settings: {changed}")),
    companies.CompanyDeletionRequested: (COMPANY, N_("{who} started the deletion of the company, on {deletes_on}")),
    companies.CompanyDeletionCanceled: (COMPANY, N_("{who} canceled the deletion of the company")),
    companies.BrandingChanged: (COMPANY, N_("{who} changed the company’s branding: {changed}")),
    companies.ChecklistDismissed: (COMPANY, N_("{who} hid the setup checklist")),
    companies.ChecklistRestored: (COMPANY, N_("{who} showed the setup checklist again")),
    companies.LoginPageCreated: (COMPANY, N_("{who} added the login page {code}")),
    companies.LoginPageChanged: (COMPANY, N_("{who} changed the login page {subject}: {changed}")),
    companies.LoginPageDeleted: (COMPANY, N_("{who} deleted the login page {code}")),
    companies.DomainAdded: (COMPANY, N_("{who} added the domain {domain}")),
    companies.DomainRecordRenewed: (COMPANY, N_("{who} created a new DNS record for the domain {domain}")),
    companies.DomainProven: (COMPANY, N_("{who} proved the domain {domain}")),
    companies.DomainChanged: (COMPANY, N_("{who} changed the domain {domain}: {changed}")),
    companies.DomainRecordMissing: (COMPANY, N_("The DNS record of the domain {domain} is missing")),
    companies.DomainLost: (COMPANY, N_("The domain {domain} was lost: its DNS record was missing for 14 days")),
    companies.DomainGivenUp: (COMPANY, N_("{who} gave up the domain {domain}")),
    crm.CrmConnected: (CRM, N_("{who} connected Dynamics 365: {organization}"), N_("{who} connected Dynamics 365")),
    crm.CrmReauthenticated: (
        CRM,
        N_("{who} connected Dynamics 365 again: {organization}"),
        N_("{who} connected Dynamics 365 again"),
    ),
    crm.CrmConnectFailed: (CRM, N_("{who} couldn’t connect Dynamics 365: {reason}")),
    crm.CrmCertificateCreated: (CRM, N_("{who} created a certificate for Dynamics 365")),
    crm.CrmFederationCreated: (CRM, N_("{who} chose a federated credential for Dynamics 365")),
    crm.CrmProblemFound: (CRM, N_("Dynamics 365 can’t be read: {reason}")),
    crm.CrmSyncRequested: (CRM, N_("{who} requested a sync of contacts from Dynamics 365")),
    crm.CrmContactsSynced: (CRM, N_("{contacts} contacts were synced from Dynamics 365")),
    crm.CrmChangesLost: (CRM, N_("Dynamics 365 no longer had the latest changes, so all contacts are synced again")),
    crm.LegacyCredentialsStored: (
        CRM,
        N_("{who} stored a user name and password for Dynamics 365 until they are replaced"),
    ),
    crm.LegacyCredentialsReplaced: (
        CRM,
        N_("{who} replaced the user name and password for Dynamics 365; they were deleted"),
    ),
    crm.CrmDisconnected: (
        CRM,
        N_("{who} disconnected Dynamics 365 and deleted its contacts{contacts_erased}"),
        N_("{who} disconnected Dynamics 365"),
    ),
    crm.CrmContactsExported: (
        SECURITY,
        N_("{who} downloaded the contacts of Dynamics 365 that match {search}"),
        N_("{who} downloaded the contacts of Dynamics 365"),
    ),
    security.PasswordChanged: (
        SECURITY,
        N_("{actor} changed their password{own}"),
        N_("{who} changed the password of {subject}"),
    ),
    security.PasswordRemoved: (
        SECURITY,
        N_("{actor} removed their password{own}"),
        N_("{who} removed the password of {subject}"),
    ),
    security.SecondFactorAdded: (SECURITY, N_("{actor} added a two-step verification method: {kind}")),
    security.SecondFactorReplaced: (SECURITY, N_("{actor} replaced their {kind}")),
    security.SecondFactorRemoved: (SECURITY, N_("{actor} removed a two-step verification method: {kind}")),
    security.SecondFactorsReset: (SECURITY, N_("{who} reset {subject}’s two-step verification")),
    security.EmailConfirmed: (SECURITY, N_("{actor} confirmed their email address")),
    security.ConfirmationLinkSent: (SECURITY, N_("A link to confirm the email address was emailed to {subject}")),
    security.ResetLinkSent: (SECURITY, N_("A password reset link was emailed to {subject}")),
    security.LinkingLinkSent: (SECURITY, N_("A link to connect a Microsoft account was emailed to {subject}")),
    security.RecoveryCodesCreated: (SECURITY, N_("{actor} generated new recovery codes")),
    security.RecoveryLinkCreated: (SECURITY, N_("{who} created a recovery link for {subject}")),
    security.AuditLogDownloaded: (
        SECURITY,
        N_("{who} downloaded part of the audit log: {filtered}"),
        N_("{who} downloaded the audit log"),
    ),
    security.OwnDataDownloaded: (SECURITY, N_("{actor} downloaded the data stored about them")),
}

EVENTS = {event.event_name: words for event, words in WORDS.items()}
"""The same by the name that is stored."""

ANY_EVENT = (N_("{what}, by {actor}: {subject}"), N_("{what}, by {actor}"), N_("{what}: {subject}"), N_("{what}"))
"""For an event without an entry here: `{what}` is its name, spelled out."""
