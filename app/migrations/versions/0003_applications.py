"""What applications need beyond the first version: Microsoft's sign-out finds sessions by its `sid`; applications
publish the keys of their client assertions, choose how their tokens are signed, and learn people's external IDs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ALGORITHMS = (("application", "id_token_signed_response_alg"), ("logout_delivery", "algorithm"))


def upgrade() -> None:
    op.create_index("ix_session_connection_microsoft_sid", "session", ["connection_id", "microsoft_sid"])
    op.drop_index("ix_session_connection_id", "session")
    op.add_column("application", sa.Column("jwks_uri", sa.Text(), nullable=True))
    for table, name in ALGORITHMS:
        op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default="RS256"))
    op.add_column("person", sa.Column("external_id", sa.Text(), nullable=True))
    op.add_column("people_import_row", sa.Column("external_id", sa.Text(), nullable=False, server_default=""))
    has_id = sa.text("external_id IS NOT NULL")
    op.create_index(
        "uq_person_company_external_id",
        "person",
        ["company_id", "external_id"],
        unique=True,
        postgresql_where=has_id,
        sqlite_where=has_id,
    )


def downgrade() -> None:
    op.drop_index("uq_person_company_external_id", "person")
    op.drop_column("people_import_row", "external_id")
    op.drop_column("person", "external_id")
    for table, name in ALGORITHMS:
        op.drop_column(table, name)
    op.drop_column("application", "jwks_uri")
    op.create_index("ix_session_connection_id", "session", ["connection_id"])
    op.drop_index("ix_session_connection_microsoft_sid", "session")
