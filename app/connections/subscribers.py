"""What happens to connections when something happens to their company."""

import sqlalchemy as sa

from app.audit.events.companies import CompanyChanged
from app.audit.log import subscribe
from app.connections.models import DEFAULT_BUTTON_LABEL, Connection, ConnectionFields, Draft, own_labels
from app.core.database import db
from app.core.localized_text import split


def subscribe_to_events() -> None:
    subscribe(CompanyChanged)(_keep_languages_of_labels)


def _keep_languages_of_labels(event: CompanyChanged) -> None:
    """Each label stays in its language: the one in the new default language is now the connection's own."""
    if "language" not in event.changed:
        return
    old, new = event.changed["language"]
    connections: list[ConnectionFields] = [
        *db.session.scalars(sa.select(Draft).where(Draft.company_id == event.company_id)),
        *db.session.scalars(sa.select(Connection).where(Connection.company_id == event.company_id)),
    ]
    for one in connections:
        labels = own_labels(one.button_label, old, one.button_label_translations)
        label, one.button_label_translations = split(labels, new)
        one.button_label = label or DEFAULT_BUTTON_LABEL
