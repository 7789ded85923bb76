"""Microsoft's error numbers: which setting they point to, and explanations for the person and for the admin.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes; Microsoft asks to use `error` for logic and
the number for help texts only. The categories are the exception: `invalid_client` alone doesn't tell a rejected secret,
for which the next credential can be tried, from a missing one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

YOU = "you"
ADMIN = "your administrator"
IT = "your IT department"


@dataclass(frozen=True)
class Advice:
    """The explanation of an error."""

    title: str
    person: str
    """For the person who wanted to sign in."""
    who_can_help: str
    """Who can fix it."""
    admin: str
    """For the company's admin: what to do, and where."""


_SETUP = "Sign-in isn't set up right"
_SETUP_PERSON = "Your company's sign-in is not set up correctly yet. It's not your fault, and trying again won't help."
_ACCOUNT = "This account can't sign in here"
_AGAIN = "That sign-in can't be continued"


def _setup(admin: str) -> Advice:
    return Advice(_SETUP, _SETUP_PERSON, ADMIN, admin)


_REDIRECT_URI = _setup(
    "The redirect URI is missing from the application registration or differs. Under Authentication, add exactly the "
    "redirect URI shown in Portico, under the platform Web for server-side sign-in or Single-page application for the "
    "single page."
)
_CONSENT = Advice(
    "Your company hasn't approved this yet",
    "Your organisation wants an administrator to approve Portico before you can sign in.",
    ADMIN,
    "Consent is missing. Open the admin-consent link and grant User.Read for the organisation.",
)
_OTHER_ACCOUNT = Advice(
    "That account belongs somewhere else",
    "The account you picked is not in your company's directory. Pick your work account, or ask to be invited.",
    YOU,
    "The account is not a member or guest of this directory. Invite it as a guest, or let the person pick another.",
)
_CREDENTIAL_CERTIFICATE = _setup(
    "The certificate was refused. Upload the certificate that belongs to this connection under Certificates & secrets."
)
_MORE_PROOF = Advice(
    "Microsoft wants more proof",
    "Microsoft asks you for another step, such as a code on your phone. Sign in again and follow it through.",
    YOU,
    "A policy asks for multifactor authentication. The person has to sign in again and complete it.",
)
_BLOCKED = Advice(
    "Your company's rules block this sign-in",
    "A security rule of your company stopped this sign-in: the device, place or network is not allowed.",
    IT,
    "A Conditional Access policy or a device rule blocked it. Sign-in logs in the Entra admin center say which one.",
)
_ACCOUNT_STATE = Advice(
    "Your Microsoft account needs attention",
    "Your work account is locked, disabled or its password has expired.",
    IT,
    "The account is locked, disabled, or its password has expired. Look it up under Users in the Entra admin center.",
)
_PERMISSION = _setup(
    "The permission is not listed on the registration. Under API permissions add Microsoft Graph, delegated, User.Read."
)
_RECONNECT = Advice(
    _AGAIN,
    "The earlier sign-in is no longer valid. Please sign in again.",
    YOU,
    "The refresh token expired or was revoked. Signing in again makes a new one.",
)

ADVICE: dict[int, Advice] = {
    50011: _REDIRECT_URI,
    900971: _REDIRECT_URI,
    500112: _REDIRECT_URI,
    700016: _setup(
        "The application was not found in this directory. Check the application (client) id and the directory (tenant) "
        "id. A new registration takes some minutes to reach every server of Microsoft's: then just wait and try again."
    ),
    90002: _setup("The directory was not found. Check the directory (tenant) id, or choose the right cloud."),
    90038: _setup("The directory is in another national cloud. Change MICROSOFT_CLOUD to it."),
    50194: _setup("The application is for a single tenant, and was asked through /common. Give the tenant id."),
    7000215: _setup("The client secret is wrong. Paste the secret's Value, not its Secret ID."),
    7000222: _setup("The client secret has expired. Create another under Certificates & secrets and paste its Value."),
    7000218: _setup("No client secret reached Microsoft. Add one to this connection."),
    700025: _setup(
        "The application is registered as a public client. Register the redirect URI under the platform Web, or choose "
        "the single-page flow."
    ),
    700027: _CREDENTIAL_CERTIFICATE,
    9002325: _setup("The redirect URI is registered under Single-page application. Register it under Web."),
    9002326: _setup("The redirect URI is not registered under Single-page application. Register it there."),
    9002327: _setup("The redirect URI is registered under Single-page application. Register it under Web."),
    65001: _CONSENT,
    90094: _CONSENT,
    90095: Advice(
        "Waiting for approval",
        "Your request went to your administrator. Once it is approved, sign in again.",
        ADMIN,
        "The person asked for approval. Decide on it under Enterprise applications, Admin consent requests.",
    ),
    65004: Advice(
        "You said no",
        "You declined to share your profile, so you can't be signed in. Try again and accept if you want to go on.",
        YOU,
        "The person declined consent. Let them try again, or grant consent for the whole organisation.",
    ),
    650056: _PERMISSION,
    650057: _PERMISSION,
    500011: _setup("The resource is unknown in this directory. Check the address of the CRM environment."),
    50105: Advice(
        "You haven't been given access",
        "Your company lets only chosen people use this application, and you are not among them yet.",
        ADMIN,
        "The person is not assigned. In Enterprise applications, under Users and groups, assign the person or a group.",
    ),
    50020: _OTHER_ACCOUNT,
    50034: _OTHER_ACCOUNT,
    16000: _OTHER_ACCOUNT,
    90072: _OTHER_ACCOUNT,
    500208: Advice(
        _ACCOUNT,
        "That kind of account can't be used here. Use your work account.",
        YOU,
        "The account type is not allowed by the registration. People have to use their work account.",
    ),
    53003: _BLOCKED,
    53000: _BLOCKED,
    50076: _MORE_PROOF,
    50079: _MORE_PROOF,
    50053: _ACCOUNT_STATE,
    50055: _ACCOUNT_STATE,
    50057: _ACCOUNT_STATE,
    7000112: _setup("The application is disabled in this directory. Enable it again under Enterprise applications."),
    54005: Advice(
        _AGAIN,
        "This sign-in was finished already, perhaps in another tab. Please start again.",
        YOU,
        "The authorization code was used before, as a reload of the page does. Starting again mends it.",
    ),
    70008: Advice(
        _AGAIN,
        "This sign-in took too long. Please start again.",
        YOU,
        "The authorization code expired before it was redeemed. Starting again mends it.",
    ),
    700005: _setup("The code was issued by another tenant. Correct the directory (tenant) id."),
    700082: _RECONNECT,
    70043: _RECONNECT,
    50173: _RECONNECT,
    700084: Advice(
        _AGAIN,
        "Sign-in on this page is good for 24 hours. Please sign in again.",
        YOU,
        "Refresh tokens of single-page applications live 24 hours. Signing in again mends it.",
    ),
}


class Category(StrEnum):
    """The setting that an error number points to."""

    TENANT = "tenant"
    """The directory (tenant) id, or the cloud."""
    APPLICATION = "application"
    """The application (client) id, or the application itself."""
    REDIRECT_URI = "redirect_uri"
    """The redirect URI, or the platform that it is registered under."""
    CONSENT = "consent"
    """A consent, or the permission it is for."""
    CREDENTIAL_MISSING = "credential_missing"
    """No credential was sent."""
    CREDENTIAL_REFUSED = "credential_refused"
    """The credential that was sent is not one of the application's."""
    CREDENTIAL_EXPIRED = "credential_expired"
    RESOURCE = "resource"
    """The API that a token was requested for: the CRM environment's address."""


REJECTED = frozenset({Category.CREDENTIAL_REFUSED, Category.CREDENTIAL_EXPIRED})
"""The credential that was sent is no good, so another one of the application may be."""
CREDENTIAL = REJECTED | {Category.CREDENTIAL_MISSING}

CATEGORIES: dict[int, Category] = {
    **dict.fromkeys((90002, 90038, 50194, 700005), Category.TENANT),
    **dict.fromkeys((700016, 7000112), Category.APPLICATION),
    **dict.fromkeys((50011, 900971, 500112, 9002325, 9002326, 9002327), Category.REDIRECT_URI),
    # "Client is public": Microsoft takes the redirect URI's platform, or “Allow public client flows”, as the type of
    # the client and rejects any credential, so no credential is at fault and none of the others would be accepted.
    # https://blogs.aaddevsup.xyz/2019/08/receiving-error-aadsts7000218-the-request-body-must-contain-the-following-parameter-client_assertion-or-client_secret/
    700025: Category.REDIRECT_URI,
    **dict.fromkeys((65001, 65004, 650056, 650057, 90094, 90095), Category.CONSENT),
    # "The request body must contain client_assertion or client_secret": none was sent, so none was rejected.
    # https://learn.microsoft.com/troubleshoot/entra/entra-id/app-integration/confidential-client-application-authentication-error-aadsts7000218
    7000218: Category.CREDENTIAL_MISSING,
    # https://learn.microsoft.com/azure/developer/java/sdk/troubleshooting-authentication-service-principal
    7000215: Category.CREDENTIAL_REFUSED,
    7000222: Category.CREDENTIAL_EXPIRED,
    700027: Category.CREDENTIAL_REFUSED,
    # No federated credential with this issuer, audience or subject; 70021 is the older number of all three.
    # https://azure.github.io/azure-workload-identity/docs/troubleshooting.html
    **dict.fromkeys((70021, 700211, 700212, 700213), Category.CREDENTIAL_REFUSED),
    **dict.fromkeys((500011, 500014), Category.RESOURCE),
}
"""Numbers that are not here are about the person, their account or a policy, or the request itself."""


def category(code: int | None) -> Category | None:
    """The setting that the number points to; None if it points to none."""
    return CATEGORIES.get(code or 0)


def first_category(codes: Iterable[int]) -> Category | None:
    """The category of the first number that has one."""
    return next((found for code in codes if (found := category(code))), None)


def credential_rejection(codes: Iterable[int]) -> int | None:
    """The number that rejects the credential which was sent; None if it isn't the reason."""
    return next((code for code in codes if category(code) in REJECTED), None)


def advice(codes: tuple[int, ...]) -> tuple[int, Advice] | None:
    """The first known number and its explanation."""
    return next(((code, ADVICE[code]) for code in codes if code in ADVICE), None)
