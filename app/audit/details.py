"""Words for what the details of entries name: kinds of credentials and groups, and columns."""

from app.core.text import gettext_noop as N_

KINDS = {
    "secret": N_("client secret"),
    "certificate": N_("certificate"),
    "federated": N_("federated credential"),
    "authenticator": N_("authenticator app"),
    "passkey": N_("passkey"),
    "group": N_("group"),
    "app_role": N_("app role"),
    "scim_group": N_("SCIM group"),
    "token": N_("bearer token"),
    "federation": N_("workload identity federation"),
}

FIELDS = {
    "is_enabled": N_("active"),
    "is_active": N_("active"),
    "client_id": N_("application ID"),
    "create_people": N_("automatic accounts"),
    "allow_guests": N_("guests allowed"),
    "password_sign_in": N_("password sign-in"),
    "code": N_("login code"),
    "tid": N_("directory ID"),
    "oid": N_("object ID"),
    "first": N_("first sign-in"),
    "remember_days": N_("days on a remembered device"),
    "display_name": N_("name as shown"),
    "accent": N_("accent color"),
    "accent_dark": N_("accent color in dark mode"),
    "support_contact": N_("support contact"),
    "legal_url": N_("legal notice"),
    "privacy_url": N_("privacy policy"),
    "includes_subdomains": N_("subdomains included"),
    "microsoft_only": N_("Microsoft sign-in only"),
    "note_translations": N_("note in other languages"),
    "button_label_translations": N_("button label in other languages"),
}
"""Readable names for columns; the others are spelled out."""
