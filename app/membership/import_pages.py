"""Many people at once: a CSV file, how far it is, and what became of each line."""

from uuid import UUID

from flask import Response, abort, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.database import db
from app.membership import importing, methods, queries
from app.membership.files import FileFault, as_text
from app.membership.forms import ImportForm
from app.membership.invitation_pages import UNCONFIRMED
from app.membership.models import Import
from app.web.current import current


def ask() -> ResponseReturnValue:
    return _page(_form())


def begin() -> ResponseReturnValue:
    visitor, form = current(), _form()
    assignment = methods.chosen(visitor.company_id, form.method.data)
    if assignment is None:
        abort(400)
    if form.sends_mail.data and not visitor.email_is_confirmed:
        form.sends_mail.errors = [UNCONFIRMED]
        return _page(form), 422
    try:
        begun = importing.begin(
            visitor.company_id,
            visitor.person_id,
            form.file.data.filename if form.file.data else "",
            _text(form),
            assignment,
            sends_mail=form.sends_mail.data,
        )
    except FileFault as fault:
        form.file.errors = [str(fault)]
        return _page(form), 422
    db.session.commit()
    importing.read_file.later(company_id=str(begun.company_id), import_id=str(begun.id))
    return redirect(url_for("membership.import_", import_id=begun.id), 303)


def show(import_id: UUID) -> ResponseReturnValue:
    found = _import_or_404(import_id)
    lines = queries.import_lines(found.id)
    return render_template("membership/import.html", found=found, lines=lines)


def progress(import_id: UUID) -> ResponseReturnValue:
    """For the page's progress bar."""
    found = _import_or_404(import_id)
    return jsonify(done=found.done, total=found.total, finished=found.finished_at is not None)


def report(import_id: UUID) -> ResponseReturnValue:
    """The lines that added nobody, as a CSV file to mend and add again."""
    found = _import_or_404(import_id)
    importing.note_downloaded(found, current().person_id)
    db.session.commit()
    response = Response(importing.report(found), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="not-added.csv"'
    return response


def _text(form: ImportForm) -> str:
    """Raises FileFault."""
    raw = form.file.data.read(importing.LARGEST_FILE + 1) if form.file.data else b""
    if len(raw) > importing.LARGEST_FILE:
        raise FileFault("The file is larger than 16 MB. Split it, and import the parts one after another.")
    return as_text(raw)


def _form() -> ImportForm:
    return ImportForm(methods.choices(current().company_id))


def _page(form: ImportForm) -> str:
    return render_template("membership/add_file.html", form=form, latest=queries.latest_imports(current().company_id))


def _import_or_404(import_id: UUID) -> Import:
    found = queries.import_(current().company_id, import_id)
    if found is None:
        abort(404)
    return found
