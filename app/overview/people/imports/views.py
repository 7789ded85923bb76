"""Importing people from a CSV file: upload, progress, and the outcome of each row."""

from uuid import UUID

from flask import Response, abort, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.connections import sign_in_methods
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.current import current
from app.overview.people.forms import ImportForm
from app.overview.people.invitations.views import UNCONFIRMED
from app.people.imports import import_job
from app.people.imports import queries as imports_queries
from app.people.imports.csv_parser import FileError, as_text
from app.people.imports.models import Import


def new() -> ResponseReturnValue:
    return _page(_form())


def create() -> ResponseReturnValue:
    visitor, form = current(), _form()
    form.or_400()
    if form.sends_mail.data and not visitor.email_is_confirmed:
        form.sends_mail.errors = [_(UNCONFIRMED)]
        return _page(form), 422
    try:
        begun = import_job.begin(
            visitor.company_id,
            visitor.person_id,
            form.file.data.filename if form.file.data else "",
            _text(form),
            form.assignment,
            sends_mail=form.sends_mail.data,
        )
    except FileError as fault:
        form.file.errors = [_(str(fault))]
        return _page(form), 422
    import_job.read_file.enqueue(company_id=str(begun.company_id), import_id=str(begun.id))
    return redirect(url_for("overview.people.imports.show", import_id=begun.id), 303)


def show(import_id: UUID) -> ResponseReturnValue:
    found = _import_or_404(import_id)
    lines = imports_queries.import_rows(found.id)
    return render_template("overview/import.html", found=found, lines=lines)


def progress(import_id: UUID) -> ResponseReturnValue:
    """Progress as JSON, for the page's progress bar."""
    found = _import_or_404(import_id)
    return jsonify(done=found.done, total=found.total, finished=found.finished_at is not None)


def report(import_id: UUID) -> ResponseReturnValue:
    """The rows that added no one, as a CSV file to correct and import again."""
    found = _import_or_404(import_id)
    with unit_of_work():
        import_job.note_downloaded(found, current().person_id)
    response = Response(import_job.report(found), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="not-added.csv"'
    return response


def _text(form: ImportForm) -> str:
    """The uploaded text. Raises FileError."""
    raw = form.file.data.read(import_job.LARGEST_FILE + 1) if form.file.data else b""
    if len(raw) > import_job.LARGEST_FILE:
        raise FileError(_("The file is larger than 16 MB. Split it, and import the parts one after another."))
    return as_text(raw)


def _form() -> ImportForm:
    return ImportForm(sign_in_methods.choices(current().company_id))


def _page(form: ImportForm) -> str:
    return render_template(
        "overview/add_file.html", form=form, latest=imports_queries.latest_imports(current().company_id)
    )


def _import_or_404(import_id: UUID) -> Import:
    found = imports_queries.import_(current().company_id, import_id)
    if found is None:
        abort(404)
    return found
