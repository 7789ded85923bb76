"""Microsoft's error numbers: which setting they point to, and explanations for the person and for the admin.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes; Microsoft asks to use `error` for logic and
the number for help texts only. The categories are the exception: `invalid_client` alone doesn't tell a rejected secret,
for which the next credential can be tried, from a missing one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.core.text import gettext_noop as N_

YOU = N_("you")
ADMIN = N_("your administrator")
IT = N_("your IT department")


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


_SETUP = N_("Sign-in isn’t set up correctly")
_SETUP_PERSON = N_("Your administrator needs to fix a setting. It’s nothing you did.")
_ACCOUNT = N_("You can’t use this account here")
_AGAIN = N_("This sign-in expired")


def _setup(admin: str) -> Advice:
    return Advice(_SETUP, _SETUP_PERSON, ADMIN, admin)


_REDIRECT_URI = _setup(
    N_(
        "The redirect URI is missing from the app registration or differs. In Authentication, add the exact redirect "
        "URI shown in Portico. Platform: Web (redirect) or Single-page application (pop-up)."
    )
)
_CONSENT = Advice(
    N_("An administrator needs to approve Portico first"),
    N_("Your organization requires an administrator’s approval before you can sign in."),
    ADMIN,
    N_("Admin consent is missing. On the connection page choose “Grant admin consent”."),
)
_OTHER_ACCOUNT = Advice(
    N_("Wrong account"),
    N_("The account you chose isn’t in your company’s directory. Choose your work account, or ask to be invited."),
    YOU,
    N_("The account isn’t a member or guest of this directory. Invite it as a guest, or ask them to use another one."),
)
_CREDENTIAL_CERTIFICATE = _setup(
    N_("The certificate was rejected. Under Certificates & secrets, upload the certificate of this connection.")
)
_MORE_PROOF = Advice(
    N_("More verification needed"),
    N_("Sign in again and complete the extra step, such as a code on your phone."),
    YOU,
    N_("A policy requires multifactor authentication. Ask the person to sign in again and complete it."),
)
_BLOCKED = Advice(
    N_("Blocked by your company’s security policy"),
    N_("A security policy of your company blocked this sign-in: your device, location or network isn’t allowed."),
    IT,
    N_(
        "A Conditional Access policy or a device rule blocked it. The sign-in logs in the Entra admin center name the "
        "policy."
    ),
)
_ACCOUNT_STATE = Advice(
    N_("Your Microsoft account needs attention"),
    N_("Your work account is locked or disabled, or its password has expired."),
    IT,
    N_("The account is locked or disabled, or its password has expired. See Users in the Entra admin center."),
)
_PERMISSION = _setup(
    N_("The app registration lacks a permission. Under API permissions add Microsoft Graph, delegated, User.Read.")
)
_RECONNECT = Advice(
    _AGAIN,
    N_("Your earlier sign-in is no longer valid. Sign in again."),
    YOU,
    N_("The refresh token expired or was revoked. Signing in again creates a new one."),
)

ADVICE: dict[int, Advice] = {
    50011: _REDIRECT_URI,
    900971: _REDIRECT_URI,
    500112: _REDIRECT_URI,
    700016: _setup(
        N_(
            "The application wasn’t found in this directory. Check the application (client) ID and the directory "
            "(tenant) ID. New registrations can take a few minutes to become available; wait and try again."
        )
    ),
    90002: _setup(N_("The directory wasn’t found. Check the directory (tenant) ID, or choose the right cloud.")),
    90038: _setup(N_("The directory is in another national cloud. Ask your operator to change MICROSOFT_CLOUD.")),
    50194: _setup(N_("The app registration is single-tenant, but /common was used. Enter the directory (tenant) ID.")),
    7000215: _setup(N_("The client secret is wrong. Paste the secret’s Value, not its Secret ID.")),
    7000222: _setup(
        N_("The client secret has expired. Create a new one under Certificates & secrets and paste its Value.")
    ),
    7000218: _setup(N_("Microsoft didn’t receive a client secret. Add one to this connection.")),
    700025: _setup(
        N_(
            "The application is registered as a public client. Register the redirect URI under the platform Web, or "
            "choose the sign-in flow “Pop-up (MSAL.js)”."
        )
    ),
    700027: _CREDENTIAL_CERTIFICATE,
    9002325: _setup(N_("The redirect URI is registered under Single-page application. Register it under Web.")),
    9002326: _setup(N_("The redirect URI isn’t registered under Single-page application. Register it there.")),
    9002327: _setup(N_("The redirect URI is registered under Single-page application. Register it under Web.")),
    65001: _CONSENT,
    90094: _CONSENT,
    90095: Advice(
        N_("Waiting for approval"),
        N_("Your request was sent to your administrator. Once it’s approved, sign in again."),
        ADMIN,
        N_("The person asked for approval. Review it under Enterprise applications, Admin consent requests."),
    ),
    65004: Advice(
        N_("You declined access"),
        N_("Sign in again and accept to continue."),
        YOU,
        N_("The person declined consent. Ask them to try again, or grant admin consent on the connection page."),
    ),
    650056: _PERMISSION,
    650057: _PERMISSION,
    500011: _setup(
        N_(
            "Microsoft doesn’t know the resource in this directory. At a sign-in this is Microsoft Graph: check the "
            "directory (tenant) ID and the cloud."
        )
    ),
    50105: Advice(
        N_("You don’t have access"),
        N_("Only assigned people can use this app. Ask your administrator to add you."),
        ADMIN,
        N_("The person isn’t assigned. In Enterprise applications, Users and groups, assign the person or a group."),
    ),
    50020: _OTHER_ACCOUNT,
    50034: _OTHER_ACCOUNT,
    16000: _OTHER_ACCOUNT,
    90072: _OTHER_ACCOUNT,
    500208: Advice(
        _ACCOUNT,
        N_("This type of account isn’t supported. Use your work account."),
        YOU,
        N_("The app registration doesn’t allow this type of account. Ask the person to use their work account."),
    ),
    53003: _BLOCKED,
    53000: _BLOCKED,
    50076: _MORE_PROOF,
    50079: _MORE_PROOF,
    50053: _ACCOUNT_STATE,
    50055: _ACCOUNT_STATE,
    50057: _ACCOUNT_STATE,
    7000112: _setup(N_("The application is disabled in this directory. Enable it under Enterprise applications.")),
    54005: Advice(
        _AGAIN,
        N_("You’ve already used this sign-in, perhaps in another tab. Start again if needed."),
        YOU,
        N_("The authorization code was used before, as happens when the page is reloaded. Sign in again."),
    ),
    70008: Advice(
        _AGAIN,
        N_("This took too long. Please sign in again."),
        YOU,
        N_("The authorization code expired before it was redeemed. Sign in again."),
    ),
    700005: _setup(N_("The code was issued by another tenant. Correct the directory (tenant) ID.")),
    700082: _RECONNECT,
    70043: _RECONNECT,
    50173: _RECONNECT,
    700084: Advice(
        _AGAIN,
        N_("Your sign-in expired after 24 hours. Please sign in again."),
        YOU,
        N_("Refresh tokens of single-page applications expire after 24 hours. Sign in again."),
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
