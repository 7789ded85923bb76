"""A test sign-in with a draft: runs the whole flow, creates no session, and reports each step."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.entra import error_codes
from app.entra.error_codes import CREDENTIAL, Advice, Category
from app.entra.errors import MicrosoftError, OAuthError
from app.entra.graph import Profile
from app.login.errors import Refusal, SignInRefused
from app.login.microsoft.identity import VerifiedIdentity
from app.microsoft_clients import microsoft
from app.people.avatars import reencode
from app.people.profile import QUEUED_WAIT_SECONDS


class State(StrEnum):
    OK = "ok"
    FAILED = "failed"
    NOTE = "note"
    """Worth knowing, but not an error."""
    NOT_REACHED = "not_reached"


STEPS = {
    "directory": N_("Directory"),
    "application": N_("Application"),
    "redirect_uri": N_("Redirect URI"),
    "person": N_("Microsoft sign-in"),
    "consent": N_("Consent"),
    "credential": N_("Credential"),
    "token": N_("ID token"),
    "tenant": N_("Tenant match"),
    "claims": N_("Claims"),
    "graph": N_("Microsoft Graph"),
    "profile": N_("Profile"),
    "photo": N_("Photo"),
}

STEP_OF_CATEGORY = {
    Category.TENANT: "directory",
    Category.APPLICATION: "application",
    Category.REDIRECT_URI: "redirect_uri",
    Category.CONSENT: "consent",
    **dict.fromkeys(CREDENTIAL, "credential"),
}
FIELD_OF_STEP = {
    "directory": ("tenant", N_("Directory (tenant) ID")),
    "tenant": ("tenant", N_("Directory (tenant) ID")),
    "application": ("client_id", N_("Application (client) ID")),
    "credential": ("secret", N_("Client secret")),
}
"""The field that a failed step points to: its id and its label."""
WAITING_HELPS = 700016
"""AADSTS number: a new registration takes minutes to reach all of Microsoft's servers."""


@dataclass(frozen=True)
class Step:
    name: str
    title: str
    state: State
    text: str = ""
    code: int | None = None


class TestReport:
    """Grows step by step; a failure ends it."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def passes(self, name: str, text: str = "") -> None:
        self.steps.append(Step(name, STEPS[name], State.OK, text))

    def notes(self, name: str, text: str) -> None:
        self.steps.append(Step(name, STEPS[name], State.NOTE, text))

    def fails(self, name: str, text: str, code: int | None = None) -> None:
        """Records a failure: the steps before this one succeeded, the steps after it were not reached."""
        known = {step.name for step in self.steps}
        for earlier in STEPS:
            if earlier == name:
                break
            if earlier not in known:
                self.passes(earlier)
        self.steps.append(Step(name, STEPS[name], State.FAILED, text, code))

    @property
    def passed(self) -> bool:
        return bool(self.steps) and all(step.state in (State.OK, State.NOTE) for step in self.steps)

    def as_json(self) -> list[dict[str, Any]]:
        known = {step.name: step for step in self.steps}
        return [asdict(known.get(name, Step(name, title, State.NOT_REACHED))) for name, title in STEPS.items()]


def run_test(
    sign_in: Callable[[], VerifiedIdentity], on_progress: Callable[[TestReport], None] = lambda _report: None
) -> TestReport:
    """Runs the rest of a sign-in that returned from Microsoft and reports the outcome of each step. `on_progress` is
    called once Microsoft has told who signed in, before its Graph is asked.
    """
    report = TestReport()
    try:
        verified = sign_in()
    except SignInRefused as refused:
        _refused(report, refused.refusal)
        return report
    claims = verified.claims
    for name in ("directory", "application", "redirect_uri", "person", "consent", "credential", "token"):
        report.passes(name)
    report.passes("tenant", _("Issued by %(tenant)s.", tenant=claims.tid))
    received = [name for name in ("oid", "tid", "name", "preferred_username", "email") if getattr(claims, name)]
    report.passes("claims", _("Received: %(names)s.", names=", ".join(received)))
    on_progress(report)
    _ask_graph(report, verified)
    return report


def _refused(report: TestReport, refusal: Refusal) -> None:
    category = error_codes.category(refusal.code)
    step = (STEP_OF_CATEGORY.get(category) if category else None) or _step_of_reason(refusal.reason)
    report.fails(step, _remedy(refusal.advice), refusal.code)


def _step_of_reason(reason: str) -> str:
    if reason in ("id_token_tenant", "id_token_issuer"):
        return "tenant"
    if reason.startswith("id_token_") or reason == "directory_broken":
        return "token"
    if reason == "directory_unreachable":
        return "directory"
    return "person"


def _remedy(advice: Advice) -> str:
    return advice.admin


def _ask_graph(report: TestReport, verified: VerifiedIdentity) -> None:
    if verified.access_token is None:
        report.fails(
            "graph", N_("No access token received. Under API permissions add Microsoft Graph, delegated, User.Read.")
        )
        return
    try:
        profile = microsoft().graph.profile(verified.access_token, within=QUEUED_WAIT_SECONDS)
    except OAuthError:
        report.fails("graph", N_("Microsoft Graph rejected the token. Grant User.Read under API permissions."))
        return
    except MicrosoftError:
        report.fails(
            "graph", N_("Microsoft Graph isn’t responding, or its response was unexpected. Try again in a moment.")
        )
        return
    report.passes("graph")
    if profile.oid != verified.claims.oid:
        report.fails(
            "profile", N_("Microsoft Graph returned the profile of a different account than the token’s. Try again.")
        )
        return
    _judge_profile(report, profile)


def _judge_profile(report: TestReport, profile: Profile) -> None:
    fields = {"name": profile.name, "email": profile.email, "title": profile.title}
    missing = [name for name, value in fields.items() if not value]
    report.passes("profile", _("Not set in Microsoft: %(names)s.", names=", ".join(missing)) if missing else "")
    if reencode(profile.photo):
        report.passes("photo")
    else:
        report.notes("photo", N_("No photo; initials will be used."))
