"""Values for each email, in its variants."""

from datetime import UTC, date, datetime
from itertools import product
from typing import Any
from uuid import UUID

from app.crm.problems import PROBLEMS
from app.entra_apps.expiry import CredentialValidity
from app.people.queries import AddressLoginPage
from app.people.sign_in_changes import CHANGES
from translations.catalogs import EMAILS_TO_ADMINS

ID = UUID("0197a000-0000-7000-8000-000000000001")
DAY, LATER = date(2026, 12, 24), date(2027, 6, 1)
AT = datetime(2026, 12, 1, 14, 6, tzinfo=UTC)
CREDENTIAL = {"title": "Staff", "draft_id": ID, "kind": "client secret"}
SUCCESSORS = (None, CredentialValidity(None, None), CredentialValidity(LATER, None))
PAGES = [AddressLoginPage(f"Company {name}", name, "en") for name in ("contoso", "fabrikam")]

VARIANTS: dict[str, list[dict[str, Any]]] = {
    "access_requested": [{"name": "Bob", "application": "Payroll", "application_id": ID}],
    "companies": [{"pages": PAGES[:1]}, {"pages": PAGES}],
    "company_deletion": [{"kind": kind, "deletes_at": AT} for kind in ("requested", "reminder", "canceled")],
    "confirm": [{"name": "Ann", "key": "k"}],
    "credential_ends": [
        {**CREDENTIAL, "ended": ended, "expires": DAY, "next": following}
        for ended, following in product((True, False), SUCCESSORS)
    ],
    "credential_refused": [
        {**CREDENTIAL, "code": code, "next": following, "hint": hint}
        for code, following, hint in product((None, 7000222), SUCCESSORS[:2], (None, "Paste the secret’s Value."))
    ],
    "credential_unreadable": [{**CREDENTIAL, "next": following} for following in SUCCESSORS[:2]],
    "crm_credential_ends": [{"ended": ended, "expires": DAY, "organization": "Org"} for ended in (True, False)],
    "crm_problem": [{"trouble": PROBLEMS["consent"], "code": code, "organization": "Org"} for code in (None, 65001)],
    "domain_missing": [
        {
            "is_lost": is_lost,
            "domain": "contoso.example",
            "domain_id": ID,
            "missing_since": AT,
            "lost_at": AT,
            "record_name": "_portico-challenge.contoso.example",
            "record_value": "token=abc",
        }
        for is_lost in (True, False)
    ],
    "invitation": [
        {"name": "Ann", "inviter": inviter, "application": application, "key": "k"}
        for inviter, application in (("Olivia", "Payroll"), ("Olivia", None), (None, None))
    ],
    "last_owner_deactivated": [{"title": "Staff", "name": "Olivia"}],
    "link": [{"name": "Ann", "key": "k"}],
    "microsoft_migration": [{"name": "Ann", "code": "contoso"}],
    "reset": [{"name": "Ann", "code": "contoso", "key": "k"}],
    "scim_credential_ends": [
        {"title": "Staff", "draft_id": ID, "ended": ended, "is_secret": is_secret, "expires": DAY, "next": following}
        for ended, is_secret, following in product((True, False), (True, False), (None, LATER))
    ],
    "setup_completed": [{"title": "Staff", "draft_id": ID, "asked_by": "Olivia"}],
    "sign_in_changed": [{"name": "Ann", "what": what, "at": AT} for what in list(CHANGES.values())[:2]],
}


def is_for_admins(name: str) -> bool:
    return name.startswith(EMAILS_TO_ADMINS)
