"""Reasons for refusing a sign-in, by name, with texts for the person and for the admin."""

from dataclasses import dataclass, replace

from app.entra import error_codes
from app.entra.error_codes import ADMIN, YOU, Advice
from app.entra.errors import InvalidIdToken, MicrosoftError, OAuthError, ServiceUnavailable

AGAIN = "That sign-in can't be continued"


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
    "This sign-in was not begun in this browser, or it is finished already. Please start again.",
    "The answer's state belongs to no sign-in attempt of this browser: a reload of an old address, cookies that are "
    "switched off, or an answer meant for somebody else.",
)
EXPIRED = _start_again(
    "attempt_expired",
    "This sign-in took longer than 10 minutes. Please start again.",
    "More than 10 minutes passed between the start and Microsoft's answer.",
)
NONCE = _start_again(
    "nonce_foreign",
    "This sign-in was not begun on this page. Please reload it and start again.",
    "The nonce was not issued to this browser for this connection.",
)
PAGE_TOO_OLD = _start_again(
    "page_too_old",
    "This page was open for too long. Please reload it and start again.",
    "The login page was opened more than 12 hours before the sign-in.",
)
OTHER_CONNECTION = _start_again(
    "other_connection",
    "This sign-in was begun for another company. Please start again.",
    "The answer came to another connection's redirect URI than the one it was begun for.",
)
TRANSACTION_REPLAYED = _start_again(
    "attempt_spent",
    "This sign-in is finished already. Please start again if you need to.",
    "The same answer arrived twice.",
)
NO_CODE = _start_again(
    "no_code",
    "Microsoft's answer was incomplete. Please start again.",
    "The redirect carried neither a code nor an error.",
)
OTHER_PERSON = _start_again(
    "other_person",
    "Microsoft answered for another account than the one you are signed in with here. Sign out first to change.",
    "A profile was to be read again, and the answer was another person's.",
)
AUTH_TIME_MISSING = Refusal(
    "auth_time_missing",
    Advice(
        "We couldn’t confirm it’s you",
        "Microsoft didn’t say when you signed in there, so nothing was changed. Use another method, or ask your "
        "administrator.",
        ADMIN,
        "The ID token has no auth_time claim. In the app registration, under Token configuration, add the optional "
        "claim auth_time to the ID token.",
    ),
)
AUTH_TIME_OLD = Refusal(
    "auth_time_old",
    Advice(
        "We couldn’t confirm it’s you",
        "Microsoft didn’t ask you to sign in again, so nothing was changed. Please try again.",
        YOU,
        "The ID token’s auth_time is from before this request: prompt=login was lost on the way to Microsoft, or this "
        "server’s clock is ahead by more than half a minute.",
    ),
)
GUEST = Refusal(
    "guest",
    Advice(
        "Guests can't sign in here",
        "Your account is a guest in this company's directory, and guests are not let in.",
        ADMIN,
        "The account is a guest. Allow guests on the connection, or have the person use an account of the directory's.",
    ),
)
NOT_INVITED = Refusal(
    "not_invited",
    Advice(
        "You don't have an account here yet",
        "Your company adds people by hand, and hasn't added you yet.",
        ADMIN,
        "New people are not created on this connection. Add the person, or switch on “create people who are new”.",
    ),
)
PROFILE_UNREAD = Refusal(
    "profile_unread",
    Advice(
        "We couldn't read your email address",
        "Your company adds people by hand, and Microsoft didn't tell us your email address, so we couldn't look for "
        "your account. Wait a moment, then sign in again; or open the link in your invitation.",
        YOU,
        "New people are not created on this connection, and Microsoft Graph gave no usable answer in time, so an "
        "account with the person's email could not be looked for. See Microsoft's service health.",
    ),
    status=503,
    retry_after=10,
)
DEACTIVATED = Refusal(
    "deactivated",
    Advice(
        "Your account is deactivated",
        "An admin of your company has deactivated your account here.",
        ADMIN,
        "The person is deactivated. Reactivate them under People if they should have access again.",
    ),
    status=403,
)
METHOD_NOT_ALLOWED = Refusal(
    "other_method",
    Advice(
        "Your company has you sign in another way",
        "Your account is set to another way of signing in. Go back to the login page and use that one.",
        ADMIN,
        "The person's sign-in method is a password, or another connection. Change it under People if it should not be.",
    ),
    status=403,
)
INVITATION_ENDED = Refusal(
    "invitation_ended",
    Advice(
        "This invitation doesn’t work any longer",
        "It was accepted, replaced by a newer one, or revoked while you were signing in. If you accepted it, sign in "
        "on your login page. Otherwise open the link in the latest email.",
        YOU,
        "The invitation behind this sign-in had ended when Microsoft answered. Send a new one from the person's page.",
    ),
)
IDENTITY_ALREADY_LINKED = Refusal(
    "joined_elsewhere",
    Advice(
        "This Microsoft account is in use here",
        "The Microsoft account that you chose belongs to another account of your company's here. Choose another one, "
        "or sign in with it as usual.",
        ADMIN,
        "The Microsoft identity belongs to another person of the company already, or this account has another one. "
        "See both under People.",
    ),
)
UNREACHABLE = Refusal(
    "directory_unreachable",
    Advice(
        "Microsoft doesn't answer",
        "Microsoft's sign-in doesn't answer just now. Nothing is lost; please try again in a moment.",
        "Microsoft; it usually passes by itself",
        "The directory gave no usable answer in time. See Microsoft's service health, and this server's way out.",
    ),
    status=503,
    retry_after=10,
)
INVALID_RESPONSE = Refusal(
    "directory_broken",
    Advice(
        "Microsoft's answer made no sense",
        "Microsoft's sign-in sent something we can't use. Please try again; tell your administrator if it stays.",
        "Microsoft, or whatever stands between",
        "The answer of the token endpoint was malformed or had no ID token. A proxy that changes answers can do this.",
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
        "Compare this server's clock with the right time: the token's times don't fit it."
        if reason in _CLOCK
        else "If it happens again, check the directory and application ids, and what stands between here and Microsoft."
    )
    return Refusal(
        f"id_token_{reason}",
        Advice(
            "We couldn't verify that it's you",
            "Microsoft's answer didn't pass our checks, so nobody was signed in. Please start again.",
            ADMIN,
            f"The ID token was refused ({reason.replace('_', ' ')}). {hint}",
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
    said = f" Microsoft said: {refused.description.splitlines()[0]}" if refused.description else ""
    return Refusal(
        "directory_refused",
        Advice(
            "Microsoft said no",
            "Microsoft didn't let this sign-in through. Please try again; if it stays, ask your administrator.",
            ADMIN,
            f"The directory answered “{refused.error}”.{said}",
        ),
        code=refused.codes[0] if refused.codes else None,
    )
