"""One word for one thing, in plain words, wherever people read; and gettext gets every text of a template."""

import re

import pytest

from app.settings import ROOT
from tests.rules import texts
from tests.rules.texts import VALUE, Text

NOT = {
    r"doors?|(?<!under )ways? in(?! which)|any way|ways? of signing in": "connection, login page, sign-in method",
    r"whoever|nobody|somebody|everybody": "anyone who, no one, someone, everyone",
    r"mend(s|ed|ing)?|in vain|stands? in|stand-in|anew|put(s|ting)? off": "fix, fail, replace, again, delay",
    r"bring(s|ing)?|brought": "sync, import",
    r"lets? (?:(?:people|them|you|it) )?in|got in|takes? up|taken up|shut out": "sign in, create, lose access",
    r"second factors?|number of (?:your|the) app": "two-step verification, code from your authenticator app",
    r"recovery keys?": "recovery code, recovery link",
    r"history": "audit log",
    r"switch(?:ed|es|ing)? (?:it |them )?(?:on|off)": "activate, deactivate, turn on, turn off",
    r"puts? (?:it|them) live|(?:goes|go) live": "activate, publish",
    r"active directory": "Microsoft Entra ID",
    r"portions?|add many": "batch, import",
    r"ticks?|ticked|erase[ds]?|tak(?:e|es|en) away": "select, delete, remove",
    r"mails?|mailed|mailbox(?:es)?|pictures?": "email, photo",
    r"sealed|seals?|(?:good|works) (?:until|for \d+)": "encrypt, expires",
    r"organis\w+|recognis\w+|colour\w*|cancelled|behaviour|favour\w*|authoris\w+": "American spelling",
}
NOT_FOR_DEVELOPERS = {
    **{words: better for words, better in NOT.items() if "mail" not in words and "sealed" not in words},
    r"mails|mailed|pictures?": "emails, emailed, photo",  # Entra ID has a property `mail`; there are mail servers
    r"sealed|seals?": "encrypt",
    r"told|strangers?": "shown, notified; others",
}
"""What names, docstrings and comments of tests, sandbox and bench don't contain."""
OF_STANDARDS = ("second factor", "sealed", "told", "pictures", "erase", "history")
"""Words of the list above that code needs: the name of a claim, for example."""
NOT_IN_CODE = {
    words: better for words, better in NOT_FOR_DEVELOPERS.items() if not any(one in words for one in OF_STANDARDS)
} | {r"mailed|mails": "emailed, emails", r"takes? away|taken away|ticks?|ticked": "remove, select"}
"""What names, docstrings and comments of the application don't contain."""
ON_PURPOSE = ("formerly Azure Active Directory", "column “mail”")
INSERTED = re.compile(r"%\(\w+\)s|\{\w+\}")
NOT_TRANSLATED = {
    *("Sign in with Corporate Account", "Portico CRM", "Unnamed contact", "Deleted person"),  # stored
    *("Password and app", "Password and passkey", "Password and recovery code"),  # stored
    *("Full name", "Job title", "Email address"),  # columns of a CSV file
    *("Single-page application", "Azure CLI", "Microsoft Graph PowerShell", "Mac OS X"),  # names
    *("This field is required.", "Not a valid choice.", "Not a valid date value."),  # WTForms' own
    "Field cannot be longer than %(max)d character.",
    *("Graph’s ID isn’t the token’s oid", "Portico can’t start:\nENCRYPTION_KEYS: is missing "),  # for operators
}
PAGES = ("http", "companies", "people", "sessions", "entra_apps", "connections", "login", "crm", "overview")
FOR_READERS = ("templates/", "app/", "static/")
APOSTROPHE = re.compile(r"[a-z]'[a-z]")
WORDS = re.compile(r"[A-Za-z]{2}")
SENTENCE = re.compile(r"[A-Z][a-z]+(?:[ ’][a-z]+|$)|[a-z]+ [a-z]+ [a-z]+")
NAMES = re.compile(r"Portico|Microsoft|AADSTS\d*|iPhone|Android|PRT-…|/login/|\w+Field|[\w-]+=\"[^\"]*\"|autofocus")
"""Names, and attributes that a block passes to a macro."""
NAME_OF_A_VALUE = re.compile(r"[a-z0-9_.-]+|(?:btn|badge)[a-z -]*")
"""An endpoint, an icon, a class."""


def faults(found: Text, forbidden: dict[str, str] = NOT) -> list[str]:
    """The forbidden words of a text, with what to say instead."""
    if found.is_constant and NAME_OF_A_VALUE.fullmatch(found.text):
        return []
    text = INSERTED.sub("", found.text)
    for said in ON_PURPOSE:
        text = text.replace(said, "")
    return [
        f"{found.where}: “{match[0]}” in “{text.strip()[:100]}”: say {better}"
        for words, better in forbidden.items()
        for match in re.finditer(rf"(?<![\w/@_.-])(?:{words})(?![\w@_-])", text, re.IGNORECASE)
    ]


def is_unwrapped(found: Text) -> bool:
    """Whether a template shows the text without gettext: one between tags, or a sentence in an expression."""
    text = NAMES.sub("", found.text.replace(VALUE, "")).strip()
    if found.is_translated or (found.is_constant and NAME_OF_A_VALUE.fullmatch(text)):
        return False
    return bool((SENTENCE if found.is_constant else WORDS).search(text))


def unwrapped(source: str, where: str) -> list[str]:
    return [found.text for found in texts.of_template(source, where) if is_unwrapped(found)]


def test_terms_are_used_consistently() -> None:
    assert [fault for text in texts.everywhere(ROOT) for fault in faults(text)] == []


def test_apostrophes_are_typographic() -> None:
    """Except in documents, which are typed by hand."""
    read = (text for text in texts.everywhere(ROOT) if text.where.startswith(FOR_READERS))
    assert [f"{text.where}: {text.text}" for text in read if APOSTROPHE.search(text.text)] == []


def test_templates_pass_every_text_through_gettext() -> None:
    templates = sorted(path for path in (ROOT / "templates").glob("**/*.*") if path.suffix != ".svg")
    assert len(templates) > 50
    found = {str(path.relative_to(ROOT)): unwrapped(path.read_text(), path.name) for path in templates}
    assert {name: some for name, some in found.items() if some} == {}


def test_templates_pass_only_literals_to_gettext() -> None:
    """Its result is not escaped. For other texts there is the filter `translated`."""
    templates = (ROOT / "templates").glob("**/*.html")
    assert [(path.name, line) for path in templates for line in texts.inserted_into_gettext(path.read_text())] == []
    assert list(texts.inserted_into_gettext("\n{{ _(name) }}{{ _('Yes') }}")) == ["line 2"]


def test_code_of_pages_passes_every_text_through_gettext() -> None:
    """Not of metrics, and of scripts for other tools; of commands see below."""
    files = [
        path
        for folder in (
            "http",
            "companies",
            "people",
            "sessions",
            "entra_apps",
            "connections",
            "login",
            "crm",
            "overview",
        )
        for path in sorted((ROOT / "app" / folder).glob("**/*.py"))
        if path.name != "commands.py" and not {"metrics", "scripts"} & set(path.parts)
    ]
    assert len(files) > 100
    found = [text for path in files for text in texts.without_gettext(path.read_text(), path.name)]
    assert [text for text in found if text.text not in NOT_TRANSLATED] == []
    assert {text.text for text in found} == NOT_TRANSLATED


def test_commands_pass_every_text_through_gettext() -> None:
    app = ROOT / "app"
    files = [path for path in app.glob("cli/**/*.py") if path.name != "main.py"]  # runs without an application
    files += app.glob("**/commands.py")
    assert len(files) > 8
    found = [text for path in files for text in texts.printed_without_gettext(path.read_text(), path.name)]
    assert [text for text in found if text.text not in NOT_TRANSLATED] == []


def test_printed_text_without_gettext_is_found() -> None:
    source = "@option('--x', help='some help')\ndef f():\n    'Some words.'\n    echo(f'{n} keys found', _('not this'))"
    assert [text.text for text in texts.printed_without_gettext(source, "some.py")] == [" keys found"]


def test_untranslated_text_in_code_is_found() -> None:
    source = "def f():\n    'Some words.'\n    flash(f'Saved for {name}.', _('Not this.'))\n    return 'Try again.'"
    assert [text.text for text in texts.without_gettext(source, "some.py")] == ["Try again.", "Saved for "]


@pytest.mark.parametrize(
    ("read", "source"),
    [
        (texts.of_template, "<p>Nobody can sign in</p>"),
        (texts.of_template, '<p>{{ _("Nobody can sign in") }}</p>'),
        (texts.of_template, "{% trans %}Nobody can <b>sign</b> in{% endtrans %}"),
        (texts.of_template, '<img alt="Nobody can sign in">'),
        (texts.of_template, '{{ alert("warning", _("Nobody can sign in")) }}'),
        (texts.of_python, "flash(_('Nobody can sign in'))"),
        (texts.of_python, "flash(f'Nobody can sign in to {company}')"),
        (texts.of_javascript, 'show("Nobody can sign in"); // nobody at all'),
        (texts.of_document, "# Doctor\n`nobody`\n\nNobody can sign in.\n"),
    ],
)
def test_forbidden_word_is_found_in_every_kind_of_file(read: texts.Reader, source: str) -> None:
    assert len({fault for text in read(source, "some.html") for fault in faults(text)}) == 1


@pytest.mark.parametrize("source", ["def f():\n    '''Nobody can sign in.'''", "x = 'nobody'  # nobody at all"])
def test_docstrings_and_value_names_are_not_checked_as_texts(source: str) -> None:
    assert not [fault for text in texts.of_python(source, "some.py") for fault in faults(text)]


@pytest.mark.parametrize(
    "source",
    [
        "<p>Check your email</p>",
        "{% if sent %}Check your email{% endif %}",
        '<a title="Check your email"></a>',
        '<p>{{ "Check your email" if sent else _("Sign in") }}</p>',
        '{{ page_header("Check your email", _("We’ve sent a link.")) }}',
    ],
)
def test_untranslated_text_in_template_is_found(source: str) -> None:
    assert [text.strip(VALUE) for text in unwrapped(source, "some.html")] == ["Check your email"]


def test_untranslated_line_of_an_email_is_found() -> None:
    assert unwrapped("{% trans %}Hello {{ name }}{% endtrans %}\n\nCheck it.\n--\n", "some.txt") == ["Check it."]


def test_tests_sandbox_and_bench_use_plain_words() -> None:
    found = list(texts.for_developers(ROOT))
    folders = {text.where.partition("/")[0] for text in found}
    assert folders == {"tests", "sandbox", "bench"}
    assert [fault for text in found for fault in faults(text, NOT_FOR_DEVELOPERS)] == []


def test_application_uses_plain_words_in_its_code() -> None:
    found = list(texts.of_application(ROOT))
    assert {text.where.partition("/")[0] for text in found} == {"app", "demo", "clients"}
    assert [fault for text in found for fault in faults(text, NOT_IN_CODE)] == []


@pytest.mark.parametrize(
    "source",
    [
        "def test_nobody_signs_in() -> None: ...",
        "class NobodySignsIn: ...",
        "def sign_in(nobody): ...",
        "nobody = None",
        "for nobody in (): ...",
        "def sign_in():\n    '''Signs nobody in.'''",
        "LIMIT = 5\n'''Nobody reaches it.'''",
        "sign_in()  # nobody else",
    ],
)
def test_forbidden_word_is_found_in_names_and_comments(source: str) -> None:
    found = texts.of_names_and_comments(source, "some.py")
    assert len([fault for text in found for fault in faults(text, NOT_FOR_DEVELOPERS)]) == 1


@pytest.mark.parametrize(
    "source", ["assert text == 'Nobody can sign in'", "anybody.nobody(nobody=somebody)", "x = mail"]
)
def test_strings_and_used_names_are_not_checked_as_names(source: str) -> None:
    found = texts.of_names_and_comments(source, "some.py")
    assert not [fault for text in found for fault in faults(text, NOT_FOR_DEVELOPERS)]
