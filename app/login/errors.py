"""Reasons for refusing a sign-in, by name, with texts for the person and for the admin."""

from dataclasses import dataclass, replace

from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.entra import error_codes
from app.entra.error_codes import ADMIN, YOU, Advice
from app.entra.errors import InvalidIdToken, MicrosoftError, OAuthError, ServiceUnavailable
from app.http.errors import ErrorText

AGAIN = N_("This sign-in expired")
TEMPORARY = (502, 503)
PASSWORDS_OFF = ErrorText(
    N_("You can’t use a password here"),
    N_("Your company doesn’t allow this account to sign in with a password, so nothing was changed."),
    N_("Go to your company’s login page and choose another sign-in method."),
)
"""A page of password sign-in or of a password reset that was opened before an admin turned passwords off."""


@dataclass(frozen=True)
class Refusal:
    """What the page shows and the audit log records."""

    reason: str
    """A stable name."""
    advice: Advice
    status: int = 400
    code: int | None = None
    """The AADSTS number, if Microsoft sent one."""
    retry_after: int | None = None
    """Seconds after which a retry may succeed."""

    @property
    def retry_may_help(self) -> bool:
        """Otherwise another person has to change something first."""
        return self.advice.who_can_help == YOU or self.status in TEMPORARY


class SignInRefused(Exception):
    """Ends a sign-in with a page that gives the reason; only an audit entry is written."""

    def __init__(self, refusal: Refusal, cause: str = "", *, code: str = "", next_path: str = "/") -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal
        self.code = code
        """The login code the sign-in began at, where only the code that raises this knows it."""
        self.next_path = next_path
        """The path the person wanted to reach."""
        self.cause = cause
        """For the log: the underlying cause. Never contains a secret."""


def _start_again(reason: str, person: str, admin: str) -> Refusal:
    return Refusal(reason, Advice(AGAIN, person, YOU, admin))


STATE = _start_again(
    "state",
    N_("Start again from the login page, in this browser."),
    N_(
        "The response doesn’t belong to a sign-in of this browser: an old address was reloaded, cookies are blocked, "
        "or the sign-in was started elsewhere."
    ),
)
EXPIRED = _start_again(
    "attempt_expired",
    N_("This took too long. Please sign in again."),
    N_("More than 10 minutes passed between the start and Microsoft’s response."),
)
NONCE = _start_again(
    "nonce_foreign",
    N_("This sign-in wasn’t started on this page. Reload it and start again."),
    N_("The nonce wasn’t issued to this browser for this connection."),
)
PAGE_TOO_OLD = _start_again(
    "page_too_old",
    N_("This page was open for too long. Reload it and sign in again."),
    N_("The login page was opened more than 12 hours before the sign-in."),
)
OTHER_CONNECTION = _start_again(
    "other_connection",
    N_("This sign-in was started for another company. Please start again."),
    N_("The response came to the redirect URI of another connection than the one the sign-in was started with."),
)
TRANSACTION_REPLAYED = _start_again(
    "attempt_spent",
    N_("You’ve already used this sign-in. Start again if needed."),
    N_("The same response arrived twice."),
)
NO_CODE = _start_again(
    "no_code",
    N_("Microsoft’s response was incomplete. Please start again."),
    N_("The redirect had neither a code nor an error."),
)
OTHER_PERSON = _start_again(
    "other_person",
    N_("You chose a different Microsoft account. Sign out first to switch accounts."),
    N_("The person tried to sync their profile, but signed in to Microsoft with a different account."),
)
OTHER_SESSION = _start_again(
    "other_session",
    N_("You signed in again, or switched to another company, since you started. Nothing was changed."),
    N_("The person was no longer in the session in which they started."),
)
AUTH_TIME_MISSING = Refusal(
    "auth_time_missing",
    Advice(
        N_("We couldn’t confirm it’s you"),
        N_(
            "Microsoft didn’t say when you signed in there, so nothing was changed. Use another method, or ask your "
            "administrator."
        ),
        ADMIN,
        N_(
            "The ID token has no auth_time claim. In the app registration, under Token configuration, add the optional "
            "claim auth_time to the ID token."
        ),
    ),
)
AUTH_TIME_OLD = Refusal(
    "auth_time_old",
    Advice(
        N_("We couldn’t confirm it’s you"),
        N_("Microsoft didn’t ask you to sign in again, so nothing was changed. Please try again."),
        YOU,
        N_(
            "The ID token’s auth_time is from before this request: prompt=login was lost on the way to Microsoft, or "
            "this server’s clock is ahead by more than half a minute."
        ),
    ),
)
COMPANY_CLOSED = Refusal(
    "company_closed",
    Advice(
        N_("Sign-in is closed"),
        N_(
            "Your company will be deleted from Portico, so only its owners and admins can sign in until then. If "
            "that’s a mistake, tell your administrator now: an owner can still cancel it."
        ),
        ADMIN,
        N_("The company is going to be deleted. Until then an owner can cancel that under Advanced options, Company."),
    ),
    status=403,
)
GUEST = Refusal(
    "guest",
    Advice(
        N_("Guests can’t sign in here"),
        N_("Your account is a guest in this company’s Microsoft directory, and guests don’t have access."),
        ADMIN,
        N_(
            "The account is a guest. Turn on “Allow guest users” for the connection, or ask them to use an account "
            "from your directory."
        ),
    ),
)
NOT_INVITED = Refusal(
    "not_invited",
    Advice(
        N_("You don’t have an account yet"),
        N_("Your company hasn’t added you yet. Ask your administrator for an invitation."),
        ADMIN,
        N_(
            "Automatic account creation is off for this connection. Invite the person, or turn on “Create accounts "
            "automatically”."
        ),
    ),
)
PROFILE_UNREAD = Refusal(
    "profile_unread",
    Advice(
        N_("We couldn’t read your email address"),
        N_(
            "Your company adds people by invitation, and Microsoft didn’t tell us your email address, so we couldn’t "
            "find your account. Wait a moment, then sign in again; or open the link in your invitation."
        ),
        YOU,
        N_(
            "Automatic account creation is off for this connection, and Microsoft Graph didn’t respond in time, so we "
            "couldn’t look for an account with the person’s email. Check Microsoft’s service health."
        ),
    ),
    status=503,
    retry_after=10,
)
DEACTIVATED = Refusal(
    "deactivated",
    Advice(
        N_("Your account is deactivated"),
        N_("An admin has deactivated your account."),
        ADMIN,
        N_("The person is deactivated. Reactivate them under People if they should have access again."),
    ),
    status=403,
)
METHOD_NOT_ALLOWED = Refusal(
    "other_method",
    Advice(
        N_("Use your other sign-in method"),
        N_("Your account is set up with a different sign-in method. Go back and use that one."),
        ADMIN,
        N_("The person’s sign-in method is a password or another connection. You can change it under People."),
    ),
    status=403,
)
INVITATION_ENDED = Refusal(
    "invitation_ended",
    Advice(
        N_("This invitation is no longer valid"),
        N_(
            "It was accepted, replaced by a newer one, or revoked while you were signing in. If you accepted it, sign "
            "in on your login page. Otherwise open the link in the latest email."
        ),
        YOU,
        N_("The invitation was no longer valid when Microsoft responded. Send a new one from the person’s page."),
    ),
)
IDENTITY_ALREADY_LINKED = Refusal(
    "joined_elsewhere",
    Advice(
        N_("This Microsoft account is already linked"),
        N_(
            "The Microsoft account you chose is linked to a different account at your company. Choose another one, or "
            "sign in with it as usual."
        ),
        ADMIN,
        N_(
            "The Microsoft account is already linked to another person of the company, or this person has linked "
            "another one. See both under People."
        ),
    ),
)
UNREACHABLE = Refusal(
    "directory_unreachable",
    Advice(
        N_("Microsoft isn’t responding"),
        N_("Try again in a moment."),
        N_("usually resolves on its own"),
        N_(
            "Microsoft didn’t respond in time. Check Microsoft’s service health and this server’s outbound network "
            "access."
        ),
    ),
    status=503,
    retry_after=10,
)
INVALID_RESPONSE = Refusal(
    "directory_broken",
    Advice(
        N_("Unexpected response from Microsoft"),
        N_("Try again. If it keeps happening, contact your administrator."),
        N_("Microsoft or your network"),
        N_(
            "The response of the token endpoint was malformed or had no ID token. A proxy that changes responses can "
            "cause this."
        ),
    ),
    status=502,
)

_CLOCK = ("expired", "issued_in_future", "not_yet_valid")


def error_for(error: MicrosoftError) -> Refusal:
    """Translates an error of the exchange with Microsoft into a refusal."""
    match error:
        case InvalidIdToken():
            return _for_id_token(error.reason)
        case OAuthError():
            return _for_oauth_error(error)
        case ServiceUnavailable():
            return replace(UNREACHABLE, retry_after=error.retry_after or UNREACHABLE.retry_after)
        case _:
            return INVALID_RESPONSE


def _for_id_token(reason: str) -> Refusal:
    """The refusal for an ID token that failed validation."""
    hint = (
        _("Check the server clock; the token’s timestamps don’t match.")
        if reason in _CLOCK
        else _(
            "If it keeps happening, check the directory (tenant) and application (client) IDs, and any proxy between "
            "this server and Microsoft."
        )
    )
    return Refusal(
        f"id_token_{reason}",
        Advice(
            N_("We couldn’t verify this sign-in"),
            N_("Microsoft’s response failed our security checks. Please try again."),
            ADMIN,
            f"{_('The ID token was rejected (%(reason)s).', reason=reason.replace('_', ' '))} {hint}",
        ),
    )


def _for_oauth_error(refused: OAuthError) -> Refusal:
    """The refusal for an OAuth error response."""
    known = error_codes.advice(refused.codes)
    if known:
        code, words = known
        return Refusal(f"aadsts_{code}", words, code=code)
    if refused.error == "access_denied":
        return Refusal("aadsts_65004", error_codes.ADVICE[65004])
    admin = _("Microsoft responded with the error “%(error)s”.", error=refused.error)
    if refused.description:
        admin += " " + _("Microsoft’s message: %(message)s", message=refused.description.splitlines()[0])
    return Refusal(
        "directory_refused",
        Advice(
            N_("Microsoft blocked this sign-in"),
            N_("Try again. If it keeps happening, contact your administrator."),
            ADMIN,
            admin,
        ),
        code=refused.codes[0] if refused.codes else None,
    )
