"""Setup links for a person in IT who has no account here: the admin's actions, and the page behind the link."""

from uuid import UUID

from flask import Response, abort, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.connections import actions, queries
from app.connections.forms import SetupLinkForm, ValuesForm, shown_messages
from app.connections.models import SetupLink
from app.connections.notifications import send_setup_completed
from app.connections.page import draft_or_404, next_url, registration_of, tenant_id
from app.connections.steps.steps import ShownStep
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http import one_time_links
from app.http.current import current
from app.http.rate_limits import UNKNOWN_LOGIN_CODE_LIMIT, limiter
from app.people.one_time_tokens.ended_page import ended_page
from app.people.one_time_tokens.rules import KeyState

LINK = "setup"
REGISTER, VALUES, DONE = "register", "values", "done"
STEPS = {REGISTER: N_("Register"), VALUES: N_("Enter values"), DONE: N_("Done")}


def create(draft_id: UUID) -> ResponseReturnValue:
    """The only response that shows the token."""
    draft = draft_or_404(draft_id)
    days = int(SetupLinkForm().or_400().days.data)
    token = actions.make_setup_link(draft, days, actor_id=current().person_id)
    address = current_app.config["BASE_URL"] + url_for("connections.setup_links.show", key=token)
    return render_template(
        "connections/setup_link_made.html", draft=draft, address=address, days=days, back=next_url(draft)
    )


def revoke(draft_id: UUID, link_id: UUID) -> ResponseReturnValue:
    draft = draft_or_404(draft_id)
    link = queries.setup_link(draft.id, link_id)
    if link is None:
        abort(404)
    actions.revoke_setup_link(draft, link, actor_id=current().person_id)
    flash(_("Link revoked."), "success")
    return redirect(next_url(draft), 303)


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def show() -> ResponseReturnValue:
    """The step that the address names, or the one with which to continue."""
    link = opened_setup_link()
    if request.method == "GET":
        with unit_of_work():
            actions.note_opened(link)
    step = request.args.get("step", "")
    if step not in STEPS or (step == DONE and not _is_done(link)):
        step = _step(link)
    draft = link.draft
    return _page(link, step, ValuesForm(draft.flow, formdata=None, obj=draft, version=str(draft.version)))


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def save() -> ResponseReturnValue:
    """Saves the draft and tells the admins once nothing is missing; nothing is activated from here."""
    link = opened_setup_link()
    draft = link.draft
    form = ValuesForm(draft.flow, place=f"{link.draft_id}:{link.id}")
    valid = form.validate()
    tenant = tenant_id(form) if not form.tenant.errors else None
    if not valid or tenant is None:
        return _page(link, VALUES, form, 422)
    if form.version.data != str(draft.version):
        form.version.data = form.version.raw_data = str(draft.version)
        return _page(link, VALUES, form, 409, saved_meanwhile=True)
    with unit_of_work():
        actions.note_opened(link)
        actions.change(draft, link=link, tenant=tenant, **form.settings())
        if form.secret.data:
            actions.add_secret(draft, form.secret.data, form.secret_expires.data, link=link)
        if draft.is_complete:
            actions.note_completed(link)
            send_setup_completed(link)
    if not draft.is_complete:
        flash(_("Saved. The client secret is still missing."), "warning")
    return redirect(_url(None), 303)


def _is_done(link: SetupLink) -> bool:
    return link.completed_at is not None and link.draft.is_complete


def _step(link: SetupLink) -> str:
    """Where to continue."""
    if _is_done(link):
        return DONE
    return VALUES if link.draft.client_id and not link.draft.is_complete else REGISTER


def _url(step: str | None) -> str:
    return url_for("connections.setup_links.show", link=one_time_links.name(), step=step)


def _page(
    link: SetupLink, step: str, form: ValuesForm, status: int = 200, *, saved_meanwhile: bool = False
) -> Response:
    draft = link.draft
    page = render_template(
        "connections/setup.html",
        draft=draft,
        step=step,
        steps=_shown_steps(link, step),
        urls={name: _url(name) for name in STEPS},
        company_name=draft.company.name,
        asked_by=link.maker.name,
        expires_at=link.expires_at,
        form=form,
        messages=shown_messages(),
        saved_meanwhile=saved_meanwhile,
        credentials=[True] if draft.credentials else [],
        registration=registration_of(draft),
        save_action=url_for("connections.setup_links.save", link=one_time_links.name()),
        consent_action=url_for("login.admin_consent.start_by_link", link=one_time_links.name()),
    )
    response = make_response(page, status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _shown_steps(link: SetupLink, current_step: str) -> list[ShownStep]:
    order = list(STEPS)
    done = max(order.index(_step(link)), order.index(current_step))
    return [
        ShownStep(
            title,
            _url(name) if name != DONE or _is_done(link) else None,
            is_done=number < done or _is_done(link),
            is_current=name == current_step,
        )
        for number, (name, title) in enumerate(STEPS.items())
    ]


def opened_setup_link() -> SetupLink:
    """The link that this browser opened; aborts with a page that gives the reason if none works."""
    token = one_time_links.presented(LINK)
    if token is None:
        abort(ended_page(LINK, KeyState.NOT_HERE))
    link = queries.setup_link_by_token(token)
    state = link.state if link else KeyState.UNKNOWN
    if link is None or state is not KeyState.GOOD:
        abort(ended_page(LINK, state))
    return link
