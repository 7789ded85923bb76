"""The setup checklist of the home page: what a new company does first, and which of it is done."""

from dataclasses import dataclass

from flask import url_for

from app.companies.models import PasswordSignIn
from app.core.text import gettext_noop as N_
from app.http.current import Visitor
from app.overview.home.queries import CompanyFacts
from app.people.models import Role


@dataclass(frozen=True)
class Step:
    title: str
    text: str
    action: str
    url: str
    is_done: bool
    is_post: bool = False
    waits_for: str = ""
    """What has to be done before this step; empty if it can be done now."""


def steps(facts: CompanyFacts, visitor: Visitor) -> list[Step]:
    """In the order in which they are best done. Recovery codes sign in owners only."""
    codes = [_recovery_codes(facts)] if visitor.role == Role.OWNER else []
    return [_confirm(visitor), _connect(facts), _note(facts), _invite(facts, visitor), *codes, _passwords(facts)]


def _confirm(visitor: Visitor) -> Step:
    return Step(
        N_("Confirm your email address"),
        N_("Open the link we emailed you. You can invite people after that."),
        N_("Resend email"),
        url_for("login.signup.resend_confirmation"),
        visitor.email_is_confirmed,
        is_post=True,
    )


def _connect(facts: CompanyFacts) -> Step:
    return Step(
        N_("Connect Microsoft Entra ID"),
        N_("Then people sign in with their Microsoft work account. You can send this step to IT."),
        N_("Continue setup") if facts.draft_id else N_("Connect Microsoft"),
        url_for("connections.edit", draft_id=facts.draft_id) if facts.draft_id else url_for("connections.index"),
        facts.has_active_connection,
    )


def _note(facts: CompanyFacts) -> Step:
    return Step(
        N_("Write the note to users"),
        N_("It’s shown on your login page: which account to use, and where to get help."),
        N_("Write note"),
        url_for("login.page_settings.edit", page_id=facts.page_id),
        facts.has_note,
    )


def _invite(facts: CompanyFacts, visitor: Visitor) -> Step:
    return Step(
        N_("Invite people"),
        N_("By email, or many at once from a CSV file. Add a second owner, too."),
        N_("Invite people"),
        url_for("overview.people.invitations.new"),
        facts.has_other_people,
        waits_for="" if visitor.email_is_confirmed else N_("Confirm your email address first."),
    )


def _recovery_codes(facts: CompanyFacts) -> Step:
    return Step(
        N_("Create recovery codes"),
        N_("They sign you in if Microsoft or your password doesn’t work. Keep them offline."),
        N_("Create codes"),
        url_for("overview.account.recovery_codes"),
        facts.recovery_codes > 0,
    )


def _passwords(facts: CompanyFacts) -> Step:
    return Step(
        N_("Turn passwords off"),
        N_("Once everyone uses Microsoft, passwords are only a risk."),
        N_("Review password sign-in"),
        url_for("login.page_settings.index", _anchor="passwords"),
        facts.password_sign_in == PasswordSignIn.NO_ONE,
        waits_for="" if facts.has_active_connection else N_("Connect Microsoft Entra ID first."),
    )
