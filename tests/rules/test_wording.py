"""One word for one thing, in plain words, wherever people read; and gettext gets every text of a template."""

import re

import pytest

from app.settings import ROOT
from tests.rules import texts
from tests.rules.texts import Text

NOT = {
    r"doors?|ways? in|any way|ways? of signing in": "connection, login page, sign-in method",
    r"whoever|nobody|somebody|everybody": "anyone who, no one, someone, everyone",
    r"mend(s|ed|ing)?|in vain|stands? in|stand-in|anew|put(s|ting)? off": "fix, fail, replace, again, delay",
    r"bring(s|ing)?|brought": "sync, import",
    r"lets? (?:(?:people|them|you|it|who are new) )?in|got in|takes? up|taken up|shut out": "sign in, create, lose access",
    r"second factors?|number of (?:your|the) app": "two-step verification, code from your authenticator app",
    r"recovery keys?": "recovery code, recovery link",
    r"history": "audit log",
    r"switch(?:ed|es|ing)? (?:it |them )?(?:on|off)|puts? (?:it|them) live|(?:goes|go) live": "activate, deactivate, publish",
    r"active directory": "Microsoft Entra ID",
    r"portions?|add many": "batch, import",
    r"ticks?|ticked|erase[ds]?|tak(?:e|es|en) away": "select, delete, remove",
    r"mails?|mailed|mailbox(?:es)?|pictures?": "email, photo",
    r"sealed|seals?|(?:good|works) (?:until|for \d+)": "encrypt, expires",
    r"organis\w+|recognis\w+|colou?rs?ed|cancelled|behaviour|favour\w*|authoris\w+": "American spelling",
}
ALLOWED = {"formerly Azure Active Directory", "/active-directory"}
"""Said on purpose."""
APOSTROPHE = re.compile(r"[a-z]'[a-z]")
CAPITAL_ID = re.compile(r"(?<![\w./<{_-])ids?(?![\w=>}_(-])")


def faults(found: Text) -> list[str]:
    """The forbidden words of a text, with what to say instead."""
    text = found.text
    for allowed in ALLOWED:
        text = text.replace(allowed, "")
    return [
        f"{found.where}: “{match[0]}” in “{found.text.strip()[:100]}”: say {better}"
        for words, better in NOT.items()
        for match in re.finditer(rf"(?<![\w/@_.-])(?:{words})(?![\w@_-])", text, re.IGNORECASE)
    ]


def test_people_read_one_word_for_one_thing() -> None:
    assert [fault for text in texts.everywhere(ROOT) for fault in faults(text)] == []
