"""Extracts the texts of the application and its templates, and updates or compiles the catalogs.

python -m translations.catalogs update|compile
"""

import sys
from fnmatch import fnmatch
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from app.core.translation import ENGLISH, FOR_ADMINS, LANGUAGES

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
PEOPLE, ADMINS = "people", "admins"
METHODS = [("app/**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "_l": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
NOT_TRANSLATED = ("app/cli/*", "*/commands.py", "app/migrations/*", "app/settings.py")
"""What operators read."""
EMAILS_TO_ADMINS = (
    *("access_requested", "credential_", "crm_", "domain_missing", "last_owner_deactivated", "scim_credential_ends"),
    *("company_deletion", "setup_completed"),
)
READ_BY_ADMINS = (
    *(f"app/applications/{part}/*" for part in ("advanced", "backchannel", "first_request", "roles")),
    *(
        f"app/login/{part}/*"
        for part in (
            "admin_consent",
            "branding",
            "connection_test",
            "domains",
            "page_settings",
            "password_policy",
            "stats",
        )
    ),
    "app/overview/audit_log/*",
    "app/overview/company/*",
    *(f"app/overview/people/{part}/*" for part in ("bulk", "imports", "invitations", "microsoft_migration")),
    *(f"app/overview/home/{part}.py" for part in ("attention", "checklist")),
    *(f"app/people/{part}/*" for part in ("bulk", "imports", "microsoft_migration")),
    *(
        f"{root}/{part}/*"
        for root in ("app", "templates")
        for part in ("connections", "crm", "entra_apps", "provisioning")
    ),
    "app/companies/branding/*",
    "app/companies/domains/*",
    "app/sessions/forms.py",
    "templates/login/branding/*",
    "templates/login/domains/*",
    *(
        f"templates/applications/{page}.html"
        for page in (
            *("add_redirect_uri", "application", "backchannel", "connect", "delete", "deliveries", "disable", "index"),
            *("new", "remove_role", "remove_secret", "role", "settings", "test"),
        )
    ),
    *(f"templates/email/{kind}*.txt" for kind in EMAILS_TO_ADMINS),
    *(
        f"templates/login/{page}.html"
        for page in (
            "connection_test",
            "login_pages",
            "page_settings",
            "password_policy",
            "sign_in_stats",
            "test_steps",
        )
    ),
    *(
        f"templates/overview/{page}.html"
        for page in (
            *(
                "add_file",
                "audit_log",
                "bulk",
                "company",
                "delete_company",
                "delete_person",
                "home",
                "import",
                "invite",
                "invited",
            ),
            *("microsoft_migration", "remind"),
        )
    ),
    "templates/people/short_table.html",
    "templates/sessions/limits.html",
)
"""Files whose texts only owners and admins read, for which fewer languages are enough (`FOR_ADMINS`)."""


def languages_of(domain: str) -> list[str]:
    return [language for language in (FOR_ADMINS if domain == ADMINS else LANGUAGES) if language != ENGLISH]


def path_of(domain: str, language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / f"{domain}.po"


def extracted() -> dict[str, Catalog]:
    """The texts of each domain. One that both read is among those of all people."""
    places: dict[str, dict[tuple[str, ...], list[str]]] = {PEOPLE: {}, ADMINS: {}}
    for name, _line, found, _comments, _context in extract_from_dir(ROOT, METHODS, keywords=KEYWORDS):
        if any(fnmatch(name, pattern) for pattern in NOT_TRANSLATED):
            continue
        domain = ADMINS if any(fnmatch(name, pattern) for pattern in READ_BY_ADMINS) else PEOPLE
        texts = found if isinstance(found, tuple) else (found,)
        places[domain].setdefault(texts, []).append(name)
    for texts in places[PEOPLE]:
        places[ADMINS].pop(texts, None)
    return {domain: _catalog(found) for domain, found in places.items()}


def _catalog(places: dict[tuple[str, ...], list[str]]) -> Catalog:
    catalog = Catalog(project="Portico", header_comment="", fuzzy=False)
    for texts, names in sorted(places.items()):
        flags = ["python-format"] if "%(" in "".join(texts) else []
        # Without lines, which every other change moves.
        where = [(name, 0) for name in sorted(set(names))]
        catalog.add(texts if len(texts) > 1 else texts[0], locations=where, flags=flags)
    return catalog


def read(domain: str, language: str) -> Catalog:
    path = path_of(domain, language)
    if not path.exists():
        return Catalog(locale=language, project="Portico", header_comment="", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    """Adds new texts, untranslated, to every catalog and removes those that are gone."""
    for domain, texts in extracted().items():
        for language in languages_of(domain):
            catalog, path = read(domain, language), path_of(domain, language)
            catalog.update(texts, no_fuzzy_matching=True, update_creation_date=False)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_po(
                    file,
                    catalog,
                    width=118,
                    omit_header=False,
                    ignore_obsolete=True,
                    include_lineno=False,
                    sort_output=True,
                )


def compile_all() -> None:
    for domain in (PEOPLE, ADMINS):
        for language in languages_of(domain):
            with path_of(domain, language).with_suffix(".mo").open("wb") as file:
                write_mo(file, read(domain, language))


if __name__ == "__main__":
    {"update": update, "compile": compile_all}[sys.argv[1]]()
