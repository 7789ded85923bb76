"""The public front page, and the home of owners and admins."""

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.companies import actions
from app.companies import queries as companies
from app.connections import queries as connections
from app.core.database import now
from app.core.translation import gettext as _
from app.http.current import current
from app.login.page.forms import FindForm
from app.login.stats.sign_in_stats import recent_sign_ins
from app.overview.home import queries
from app.overview.home.attention import alerts
from app.overview.home.checklist import steps
from app.sessions import browser_sessions


def index() -> ResponseReturnValue:
    form = FindForm(formdata=None)
    return render_template("overview/home.html", form=form, sessions=browser_sessions.all_sessions())


def show() -> ResponseReturnValue:
    visitor = current()
    facts = queries.company_facts(visitor.company_id, visitor.person_id)
    recent = recent_sign_ins(visitor.company_id, now())
    active = connections.credential_validities([visitor.company_id]).get(visitor.company_id, [])
    checklist = steps(facts, visitor)
    return render_template(
        "overview/start.html",
        alerts=alerts(visitor, facts, recent),
        facts=facts,
        recent=recent,
        steps=checklist,
        done=sum(step.is_done for step in checklist),
        connections=[{"title": one.title, "url": url_for("connections.edit", draft_id=one.id)} for one in active],
        login_address=current_app.config["BASE_URL"] + url_for("login.page.show", code=facts.code),
    )


def dismiss_checklist() -> ResponseReturnValue:
    _set_dismissed(True)
    flash(_("Setup checklist hidden for everyone. You can show it again at the end of this page."), "success")
    return redirect(url_for("overview.home.show"), 303)


def restore_checklist() -> ResponseReturnValue:
    _set_dismissed(False)
    return redirect(url_for("overview.home.show"), 303)


def _set_dismissed(dismissed: bool) -> None:
    visitor = current()
    actions.set_checklist_dismissed(companies.by_id(visitor.company_id), dismissed, actor_id=visitor.person_id)
