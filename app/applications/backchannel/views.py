"""What an application was told about the end of sessions, and "Send again"."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.applications.backchannel import actions, queries
from app.applications.models import Application
from app.core.translation import gettext as _
from app.http.current import current


def show(application_id: UUID) -> ResponseReturnValue:
    application = _application_or_404(application_id)
    deliveries = queries.deliveries(current().company_id, application.id)
    return render_template("applications/backchannel.html", application=application, deliveries=deliveries)


def send_again(application_id: UUID, delivery_id: UUID) -> ResponseReturnValue:
    visitor, application = current(), _application_or_404(application_id)
    delivery = queries.delivery(visitor.company_id, application.id, delivery_id)
    if delivery is None:
        abort(404)
    if application.backchannel_logout_uri is None:
        flash(_("Nothing was sent: the application has no back-channel logout URI."), "warning")
    elif actions.send_again(delivery, application, actor_id=visitor.person_id):
        flash(_("Sent again. The result appears here within a minute."), "success")
    else:
        flash(_("This sign-out is already waiting to be sent."), "warning")
    return redirect(url_for("applications.backchannel.show", application_id=application.id), 303)


def _application_or_404(application_id: UUID) -> Application:
    application = queries.application(current().company_id, application_id)
    if application is None:
        abort(404)
    return application
