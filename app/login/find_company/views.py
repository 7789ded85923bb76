"""Finding one's company by its login code or by a work email.

Only a proven domain leads straight to a company's page, which makes public that the company is here. Every other
address gets the same page for the same work, and at which companies it has an account is in the email alone.
"""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.companies.domains import queries as domains
from app.core import email as core_email
from app.core.database import release_connection
from app.core.email_look import PORTICO
from app.core.tasks import task
from app.core.translation import lazy_gettext as _l
from app.http.rate_limits import FIND_COMPANY_LIMIT, LimitReached, Where, limiter
from app.login import login_hint
from app.login.page.forms import FindForm
from app.login.page.views import find_page
from app.people import account_limits
from app.people import queries as people


@limiter.limit(FIND_COMPANY_LIMIT)
def look_up() -> ResponseReturnValue:
    """The form of `/login` and of the home page."""
    form = FindForm()
    if not form.validate():
        return find_page(form), 422
    wanted = None if form.next.data == "/" else form.next.data
    if not form.email:
        return redirect(url_for("login.page.show", code=form.login_code, next=wanted), 303)
    owner = domains.owner_of(form.email)
    if owner is None:
        return _email_companies(form.email)
    login_hint.keep(form.email, owner.code)
    return redirect(url_for("login.page.show", code=owner.code, next=wanted), 303)


@limiter.limit(FIND_COMPANY_LIMIT)
def send(code: str) -> ResponseReturnValue:
    """On the page that a proven domain led to: the companies at which the address has an account, too."""
    email = login_hint.known(code)
    return _email_companies(email) if email else redirect(url_for("login.page.find"), 303)


def _email_companies(email: str) -> ResponseReturnValue:
    release_connection()
    if _may_email(email):
        send_companies.enqueue(email=email)
    return render_template("login/companies_sent.html", email=email)


def _may_email(email: str) -> bool:
    """Beyond the address's limit the page is the same, and no further email is sent. Raises LimitReached for that of
    the network.
    """
    try:
        account_limits.count_companies_email(email)
    except LimitReached as reached:
        if reached.budget.where is Where.NETWORK:
            raise
        return False
    return True


@task(retries=2, retry_seconds=30)
def send_companies(email: str) -> None:
    """An address without an account gets no email, so that no one can have us write to strangers."""
    found = people.login_pages_of_address(email)
    if found:
        reader = core_email.Recipient(email, found[0].language)
        core_email.send_email([reader], _l("Your login page on Portico"), "email/companies.txt", PORTICO, pages=found)
