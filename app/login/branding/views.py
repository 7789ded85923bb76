"""Advanced options, Branding: how a company looks to its people, with a preview of what isn't saved yet."""

from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.companies import queries as companies
from app.companies.branding import actions
from app.companies.branding.forms import BrandingForm
from app.companies.branding.rules import dark_accent
from app.companies.models import Company
from app.core.translation import gettext as _
from app.http.current import current
from app.http.headers import allow_same_origin_framing
from app.login.branding import previews
from app.login.branding.forms import PreviewForm


def index() -> ResponseReturnValue:
    company = companies.by_id(current().company_id)
    return _page(company, BrandingForm(company.branding, formdata=None))


def save() -> ResponseReturnValue:
    company = companies.by_id(current().company_id)
    form = BrandingForm(company.branding)
    if not form.validate():
        return _page(company, form), 422
    actions.change(company, actor_id=current().person_id, images=form.images, **form.values)
    flash(_("Branding saved."), "success")
    return redirect(url_for("login.branding.index"), 303)


def show_preview() -> ResponseReturnValue:
    """The preview of what is saved."""
    company = companies.by_id(current().company_id)
    return _framed(previews.render(PreviewForm(formdata=request.args).chosen, company, company.branding))


def preview() -> ResponseReturnValue:
    """The preview of what the form has, without what is invalid, for the frame beside it."""
    company = companies.by_id(current().company_id)
    form = BrandingForm(company.branding)
    form.validate()
    branding = replace(company.branding, **form.values)
    for kind, image in form.images.items():
        branding = replace(branding, **actions.values_of_image(kind, image))
    unsaved = [image for image in form.images.values() if image]
    return _framed(previews.render(PreviewForm().chosen, company, branding, unsaved))


def _page(company: Company, form: BrandingForm) -> str:
    return render_template(
        "login/branding/index.html",
        company=company,
        branding=company.branding,
        automatic=dark_accent(company.branding.accent),
        form=form,
        previewed=PreviewForm(),
    )


def _framed(response: Response) -> Response:
    allow_same_origin_framing()
    return response
