"""Imports a CSV file: a worker reads it in batches and commits each together with the position it reached."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog

from app.audit.events.people import ImportFailed, ImportFinished, ImportReportDownloaded, ImportStarted
from app.audit.log import record
from app.core.database import db, insert_absent, now
from app.core.tasks import MOST_TRIES, task
from app.core.text import gettext_noop as N_
from app.core.text import sanitize, sanitize_name
from app.core.unit_of_work import unit_of_work
from app.http.spreadsheets import csv_text
from app.people import queries as people
from app.people.imports import csv_parser
from app.people.imports import queries as imports_queries
from app.people.imports.csv_parser import NewPerson, RowError
from app.people.imports.models import Import, ImportRow, Outcome
from app.people.invitations import actions, notifications
from app.people.invitations.actions import SignInAssignment

BATCH = 500
LARGEST_FILE = 16 * 1024 * 1024
LONGEST_CELL = 320
"""Characters of a failed row's cell, as shown in the report."""
LEASE = timedelta(seconds=45)
"""A worker that doesn't renew its lease within this time is considered dead."""
log = structlog.get_logger(__name__)

ALREADY_EXISTS = N_("This email already exists.")
TAKEN_ID = N_("Another person has this external ID.")


def begin(
    company_id: UUID, actor_id: UUID, file_name: str, content: str, assignment: SignInAssignment, *, sends_mail: bool
) -> Import:
    """Creates an import. Raises FileError for a file that can't be read at all."""
    csv_parser.columns_of(content)
    begun = Import(
        company_id=company_id,
        actor_id=actor_id,
        file_name=sanitize_name(file_name, 200) or "file.csv",
        content=content,
        sends_mail=sends_mail,
        method=assignment.method,
        connection_id=assignment.connection_id,
        tenant=assignment.tenant,
        total=csv_parser.number_of_rows(content),
    )
    db.session.add(begun)
    db.session.flush()
    record(ImportStarted(company_id=company_id, actor_id=actor_id, file=begun.file_name, lines=begun.total))
    return begun


@task(retries=0, retry_seconds=0)
def read_file(company_id: str, import_id: str) -> None:
    """Continues an import until it is done. Does nothing while another worker holds the lease."""
    found = imports_queries.import_(UUID(company_id), UUID(import_id))
    with unit_of_work():
        if found is None or not _lease(found):
            return
    if found.tries > MOST_TRIES:
        # Earlier workers died while processing it.
        with unit_of_work():
            _give_up(found)
        return
    try:
        content, assignment = found.content or "", found.assignment
        while found.finished_at is None:
            with unit_of_work():
                _import_batch(found, content, assignment)
    except Exception:
        db.session.rollback()
        with unit_of_work():
            _let_go(UUID(company_id), UUID(import_id))
        raise


def requeue_stalled() -> None:
    """Enqueues imports whose worker died."""
    for abandoned in imports_queries.stalled_imports(now()):
        read_file.enqueue(company_id=str(abandoned.company_id), import_id=str(abandoned.id))


def report(found: Import) -> str:
    """The rows that added no one, as a CSV file that can be corrected and imported again."""
    heading = ("row", "email", "name", "role", "object id", "external id", "outcome", "reason")
    rows = (
        (line.number, line.email, line.name, line.role, line.object_id, line.external_id, line.outcome, line.reason)
        for line in imports_queries.import_rows(found.id, most=None)
    )
    return csv_text([heading, *rows])


def note_downloaded(found: Import, actor_id: UUID) -> None:
    record(
        ImportReportDownloaded(company_id=found.company_id, actor_id=actor_id, file=found.file_name, lines=found.noted)
    )


def _lease(found: Import) -> bool:
    """Takes the lease; returns whether this worker has it. Each lease counts as a try, since a worker that dies can't
    count.
    """
    moment = now()
    held = (
        sa.update(Import)
        .where(
            Import.id == found.id,
            Import.finished_at.is_(None),
            sa.or_(Import.lease_until.is_(None), Import.lease_until < moment),
        )
        .values(lease_until=moment + LEASE, tries=Import.tries + 1)
        .returning(Import.id)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(held).first() is None:
        return False
    db.session.refresh(found)
    return True


def _let_go(company_id: UUID, import_id: UUID) -> None:
    """Releases the lease after a failure: the next try begins within a minute, unless this was the last."""
    found = imports_queries.import_(company_id, import_id)
    if found is None or found.finished_at is not None:
        return
    found.lease_until = None
    if found.tries >= MOST_TRIES:
        _give_up(found)


def _import_batch(found: Import, content: str, assignment: SignInAssignment) -> None:
    part = csv_parser.read_batch(content, found.offset, found.line, BATCH, found.rescanned)
    for number, fault in part.faults:
        _note(found, number, {}, Outcome.REFUSED, fault)
    given = dict(part.lines)
    good = _sort_rows(found, part.lines, assignment)
    present = people.by_shown_email(found.company_id, [one.email for one in good.values()])
    rows = {
        number: actions.as_person(found.company_id, one, assignment)
        for number, one in good.items()
        if one.email not in present
    }
    added = insert_absent(list(rows.values()))
    for number in good:
        if number not in rows or rows[number].id not in added:
            _note(found, number, given[number], Outcome.PRESENT, ALREADY_EXISTS)
    if found.sends_mail:
        # Enqueued before the batch is committed: after a crash in between, these ids lead nowhere.
        for person_id in added:
            notifications.send_invitation.enqueue_now(
                company_id=str(found.company_id), person_id=str(person_id), actor_id=str(found.actor_id)
            )
    found.done += len(part.lines) + len(part.faults)
    found.added += len(added)
    found.total = max(found.total, found.done)
    found.offset, found.line, found.rescanned = part.ends_at, part.last_number, part.rescanned
    found.lease_until, found.tries = now() + LEASE, 1
    if part.ends_at >= len(content):
        _finish(found)
    db.session.flush()


def _sort_rows(
    found: Import, lines: list[tuple[int, dict[str, str]]], assignment: SignInAssignment
) -> dict[int, NewPerson]:
    """Returns the valid rows; records errors for the others."""
    good = {}
    for number, cells in lines:
        try:
            wanted = csv_parser.parse_row(cells)
            if wanted.object_id and assignment.tenant is None:
                raise RowError(N_("Choose a connection to import object IDs."))
            good[number] = wanted
        except RowError as fault:
            _note(found, number, cells, Outcome.REFUSED, str(fault))
    return _without_taken_ids(found, lines, good)


def _without_taken_ids(
    found: Import, lines: list[tuple[int, dict[str, str]]], good: dict[int, NewPerson]
) -> dict[int, NewPerson]:
    """Records errors for external IDs that another person has, here or in an earlier row: applications would take one
    person for another. Who exists already is skipped later, whatever the ID.
    """
    owners = people.by_external_id(found.company_id, [one.external_id for one in good.values() if one.external_id])
    given, free = dict(lines), {}
    for number, one in good.items():
        owner = owners.setdefault(one.external_id, one.email) if one.external_id else one.email
        if owner == one.email:
            free[number] = one
        else:
            _note(found, number, given[number], Outcome.REFUSED, TAKEN_ID)
    return free


def _note(found: Import, number: int, cells: dict[str, str], outcome: Outcome, reason: str) -> None:
    db.session.add(
        ImportRow(
            import_id=found.id,
            number=number,
            email=sanitize(csv_parser.address(cells), LONGEST_CELL),
            name=csv_parser.full_name(cells),
            role=sanitize(cells.get("role"), LONGEST_CELL),
            object_id=sanitize(cells.get("object_id"), LONGEST_CELL),
            external_id=sanitize(cells.get("external_id"), LONGEST_CELL),
            outcome=outcome,
            reason=reason,
        )
    )


def _finish(found: Import) -> None:
    found.finished_at, found.lease_until, found.content, found.total = now(), None, None, found.done
    record(
        ImportFinished(
            company_id=found.company_id,
            actor_id=found.actor_id,
            file=found.file_name,
            added=found.added,
            lines=found.total,
        )
    )


def _give_up(found: Import) -> None:
    """Ends an import whose batch failed MOST_TRIES times; what was imported before stays."""
    found.finished_at, found.lease_until, found.content, found.has_failed = now(), None, None, True
    log.error("import_given_up", import_id=str(found.id), line=found.line)
    record(
        ImportFailed(
            company_id=found.company_id,
            actor_id=found.actor_id,
            file=found.file_name,
            added=found.added,
            lines=found.total,
            last_line=found.line,
        )
    )
