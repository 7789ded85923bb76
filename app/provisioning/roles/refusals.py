"""Why a sign-in is refused whose groups can't be read."""

from app.core.text import gettext_noop as N_
from app.entra.error_codes import ADMIN, Advice
from app.login.errors import Refusal

GROUPS_UNREAD = Refusal(
    "groups_unread",
    Advice(
        N_("We couldn’t read your groups"),
        N_(
            "What you can do here depends on your groups at Microsoft, and Microsoft didn’t list them. Try again. If "
            "it keeps happening, contact your administrator."
        ),
        ADMIN,
        N_(
            "The person is in more groups than an ID token can list, so Portico asks Microsoft Graph. The access token "
            "was missing, refused or another person’s. Check that the permission User.Read is granted."
        ),
    ),
    status=403,
)
