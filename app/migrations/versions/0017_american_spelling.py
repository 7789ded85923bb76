"""Columns of the CRM connection are spelled as Dynamics 365 spells them."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NAMES = {"organisation_id": "organization_id", "organisation_name": "organization_name"}


def upgrade() -> None:
    for old, new in NAMES.items():
        op.alter_column("crm_connection", old, new_column_name=new)


def downgrade() -> None:
    for old, new in NAMES.items():
        op.alter_column("crm_connection", new, new_column_name=old)
