"""Problems of a connection: by stable name, in plain words, with a hint how to fix them. Plain values."""

from dataclasses import dataclass

from app.core.encryption import DecryptionError
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
    "Dynamics 365 has to be connected again",
    "Microsoft has ended the sign-in that this connection lives on. A changed password, a policy of your directory's, "
    "or 90 days without use does that.",
    "Press Re-authenticate and sign in. Everything else is kept, and what changed meanwhile is brought.",
)
CREDENTIAL = ConnectionProblem(
    "credential",
    "Microsoft refuses the application's credential",
    "The client secret or certificate of the CRM registration has expired, was deleted, or is another application's.",
    "Create a new client secret under Certificates & secrets, paste its Value here and press Re-authenticate.",
    wants_credential=True,
)
CONSENT = ConnectionProblem(
    "consent",
    "The consent is missing",
    "Nobody has agreed, or somebody has taken back the agreement, that this application reads Dynamics 365.",
    "Press Re-authenticate and agree; where people may not agree themselves, an administrator grants admin consent for "
    "Dynamics CRM, user_impersonation, under API permissions.",
)
REGISTRATION = ConnectionProblem(
    "registration",
    "Microsoft does not find the application",
    "The CRM registration was deleted or disabled, or its ids are not right.",
    "Compare the application (client) id and the directory (tenant) id with the registration, and change the settings.",
    wants_settings=True,
)
REDIRECT_URI = ConnectionProblem(
    "redirect_uri",
    "Microsoft doesn’t accept the redirect URI",
    "The redirect URI is missing from the CRM registration, differs, or isn’t registered under the platform Web.",
    "In the registration, under Authentication, add the redirect URI shown in the settings under the platform Web, and "
    "set “Allow public client flows” to No. Then connect again.",
    wants_settings=True,
)
ENVIRONMENT = ConnectionProblem(
    "environment",
    "Microsoft does not know this environment",
    "The Application ID URI names no environment of your directory's, or nobody has used it there yet.",
    "Compare the environment's address with the one in the Power Platform admin center, and change the settings.",
    wants_settings=True,
)
FORBIDDEN = ConnectionProblem(
    "forbidden",
    "Dynamics 365 does not let us read contacts",
    "The account or application user that is used has no security role which allows reading contacts.",
    "In the Power Platform admin center give it a security role with read access to contacts for the whole "
    "organisation. Then press Re-authenticate.",
)
NOT_A_USER = ConnectionProblem(
    "not_a_user",
    "Dynamics 365 does not know this user",
    "The account, or the application, is not a user of this environment, or it is disabled there.",
    "In the Power Platform admin center, under the environment's Settings, Users and permissions, add it as a user or "
    "application user with a security role. Then press Re-authenticate.",
)
UNAUTHORIZED = ConnectionProblem(
    "unauthorized",
    "Dynamics 365 does not accept our sign-in",
    "Dynamics 365 answered 401, with a fresh token, too. Access may have been blocked by a policy.",
    "Press Re-authenticate. If it stays, ask IT for the sign-in logs of this application.",
)
UNREACHABLE = ConnectionProblem(
    "unreachable",
    "Dynamics 365 doesn't answer just now",
    "There was no usable answer in time, or Microsoft asked us to wait.",
    "Nothing needs to be done: it is tried again by itself, and goes on where it was.",
    needs_person=False,
)
BROKEN = ConnectionProblem(
    "broken",
    "Dynamics 365 sent something we can't use",
    "An answer was malformed. A proxy that changes answers can do this.",
    "It is tried again by itself. If it stays, whoever runs this installation should look at its log.",
    needs_person=False,
)
FAILED = ConnectionProblem(
    "failed",
    "Contact sync stopped",
    "Syncing contacts failed 5 times in a row, for a reason on our side. It isn’t tried again. Existing contacts are "
    "kept.",
    "Press Re-authenticate to start it again. If it fails again, ask the operator of this installation, who finds the "
    "reason in the log.",
)
UNDECRYPTABLE = ConnectionProblem(
    "undecryptable",
    "Portico can’t decrypt what it keeps for Dynamics 365",
    "A server lacks the encryption key that the credential or the tokens of this connection were stored with.",
    "Ask your Portico operator to restore the key in ENCRYPTION_KEYS; the log names it. Then contacts sync again.",
    needs_person=False,
    is_told=True,
)
UNKNOWN_REQUEST = ConnectionProblem(
    "not_begun",
    "That answer can't be used",
    "This connecting was not begun by you, or it is finished already; somebody may have begun another meanwhile.",
    "Press Connect once more.",
)
TOO_LATE = ConnectionProblem(
    "too_late",
    "That took too long",
    "More than 10 minutes passed between the start and Microsoft's answer.",
    "Press Connect once more.",
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
