"""Problems of a connection: by stable name, in plain words, with a hint how to fix them. Plain values."""

from dataclasses import dataclass

from app.core.encryption import DecryptionError
from app.core.text import gettext_noop as N_
from app.entra.error_codes import CREDENTIAL as CREDENTIAL_CATEGORIES
from app.entra.error_codes import Category, first_category
from app.entra.errors import InvalidResponse, MicrosoftError, OAuthError, ServiceUnavailable


@dataclass(frozen=True)
class ConnectionProblem:
    name: str
    title: str
    words: str
    """What happened."""
    hint: str
    """What to do, and where."""
    needs_person: bool = True
    """It doesn't resolve by itself: there are no retries until a person has fixed it."""
    is_told: bool = False
    """Owners and admins are emailed about it although it is retried."""
    wants_credential: bool = False
    wants_settings: bool = False


SIGNED_OUT = ConnectionProblem(
    "signed_out",
    N_("Re-authenticate Dynamics 365"),
    N_("The Microsoft sign-in expired (password change, policy, or 90 days unused)."),
    N_("Choose Re-authenticate and sign in. Existing contacts are kept, and changes made meanwhile will sync."),
)
CREDENTIAL = ConnectionProblem(
    "credential",
    N_("Credential rejected"),
    N_(
        "Microsoft rejects the client secret or certificate of the CRM app registration. It has expired, was deleted, "
        "or belongs to another app."
    ),
    N_("Create a new client secret under Certificates & secrets, paste its Value here and choose Re-authenticate."),
    wants_credential=True,
)
CONSENT = ConnectionProblem(
    "consent",
    N_("Consent required"),
    N_("Consent to read Dynamics 365 was never given or was revoked."),
    N_(
        "Choose Re-authenticate and accept. If users can’t consent, an administrator needs to grant admin consent for "
        "Dynamics CRM, user_impersonation, under API permissions."
    ),
)
REGISTRATION = ConnectionProblem(
    "registration",
    N_("App registration not found"),
    N_("The CRM app registration was deleted or disabled, or the IDs are wrong."),
    N_(
        "Compare the application (client) ID and the directory (tenant) ID with the app registration, then choose "
        "Change settings."
    ),
    wants_settings=True,
)
REDIRECT_URI = ConnectionProblem(
    "redirect_uri",
    N_("Redirect URI not accepted"),
    N_(
        "The redirect URI is missing from the CRM app registration, differs, or isn’t registered under the "
        "platform Web."
    ),
    N_(
        "In the app registration, under Authentication, add the redirect URI shown in the settings under the platform "
        "Web, and set “Allow public client flows” to No. Then connect again."
    ),
    wants_settings=True,
)
ENVIRONMENT = ConnectionProblem(
    "environment",
    N_("Environment not found"),
    N_("The Application ID URI (environment URL) isn’t an environment of your directory, or it was never used there."),
    N_("Compare it with the environment URL in the Power Platform admin center, then choose Change settings."),
    wants_settings=True,
)
FORBIDDEN = ConnectionProblem(
    "forbidden",
    N_("No permission to read contacts"),
    N_("The user or application user has no security role that allows reading contacts."),
    N_(
        "In the Power Platform admin center, give it a security role with read access to contacts for the whole "
        "organization. Then choose Re-authenticate."
    ),
)
NOT_A_USER = ConnectionProblem(
    "not_a_user",
    N_("User not found in Dynamics 365"),
    N_("The account or application isn’t a user of this environment, or it is disabled there."),
    N_(
        "In the Power Platform admin center, under the environment’s Settings, Users + permissions, add it as a user "
        "or application user with a security role. Then choose Re-authenticate."
    ),
)
UNAUTHORIZED = ConnectionProblem(
    "unauthorized",
    N_("Sign-in rejected"),
    N_("Dynamics 365 responded with 401, even to a new token. A policy may block access."),
    N_("Choose Re-authenticate. If it keeps happening, ask IT for the sign-in logs of this application."),
)
UNREACHABLE = ConnectionProblem(
    "unreachable",
    N_("Dynamics 365 isn’t responding"),
    N_("Dynamics 365 didn’t respond in time, or asked us to wait."),
    N_("No action needed. We’ll retry automatically."),
    needs_person=False,
)
BROKEN = ConnectionProblem(
    "broken",
    N_("Unexpected response from Dynamics 365"),
    N_("The response was malformed. A proxy that changes responses can cause this."),
    N_("We’ll retry automatically. If it keeps happening, ask your operator to check the log."),
    needs_person=False,
)
FAILED = ConnectionProblem(
    "failed",
    N_("Contact sync stopped"),
    N_("Contact sync failed 5 times in a row, for a reason on our side. It isn’t retried. Existing contacts are kept."),
    N_(
        "Choose Re-authenticate to start it again. If it fails again, ask your operator, who will find the reason in "
        "the log."
    ),
)
UNDECRYPTABLE = ConnectionProblem(
    "undecryptable",
    N_("Portico can’t decrypt its Dynamics 365 credentials"),
    N_("A server is missing the encryption key that the credential or tokens of this connection were stored with."),
    N_("Ask your Portico operator to restore the key in ENCRYPTION_KEYS; the log names it. Then contacts sync again."),
    needs_person=False,
    is_told=True,
)
UNKNOWN_REQUEST = ConnectionProblem(
    "not_begun",
    N_("This request expired"),
    N_("You already used it, someone else started a newer one, or it wasn’t started in this browser."),
    N_("Choose Connect again."),
)
TOO_LATE = ConnectionProblem(
    "too_late",
    N_("This took too long"),
    N_("More than 10 minutes passed between the start and Microsoft’s response."),
    N_("Choose Connect again."),
)
PROBLEMS = {
    one.name: one
    for one in (
        *(SIGNED_OUT, CREDENTIAL, CONSENT, REGISTRATION, REDIRECT_URI, ENVIRONMENT),
        *(FORBIDDEN, NOT_A_USER, UNAUTHORIZED, UNREACHABLE, BROKEN, UNDECRYPTABLE, FAILED),
    )
}
PROBLEM_OF_CATEGORY = {
    **dict.fromkeys(CREDENTIAL_CATEGORIES, CREDENTIAL),
    Category.CONSENT: CONSENT,
    Category.TENANT: REGISTRATION,
    Category.APPLICATION: REGISTRATION,
    Category.REDIRECT_URI: REDIRECT_URI,
    Category.RESOURCE: ENVIRONMENT,
}
DATAVERSE_PROBLEMS = {one.name: one for one in (FORBIDDEN, NOT_A_USER, UNAUTHORIZED)}


def problem_for(error: MicrosoftError | DecryptionError) -> ConnectionProblem:
    """The problem for an error of the exchange with Microsoft, or of decrypting a secret before it."""
    match error:
        case DecryptionError():
            return UNDECRYPTABLE
        case OAuthError():
            return _for_oauth_error(error)
        case ServiceUnavailable():
            return UNREACHABLE
        case InvalidResponse():
            return BROKEN
        case _:
            return BROKEN


def _for_oauth_error(refused: OAuthError) -> ConnectionProblem:
    if refused.error in DATAVERSE_PROBLEMS:
        return DATAVERSE_PROBLEMS[refused.error]
    if category := first_category(refused.codes):
        return PROBLEM_OF_CATEGORY[category]
    if refused.error in ("invalid_client", "unauthorized_client"):
        return CREDENTIAL
    if refused.error in ("consent_required", "access_denied"):
        return CONSENT
    return SIGNED_OUT


def code_of(error: MicrosoftError | DecryptionError) -> int | None:
    """Microsoft's error number, if there is one."""
    return error.codes[0] if isinstance(error, OAuthError) and error.codes else None
