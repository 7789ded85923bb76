"""What applications need beyond the first version: Microsoft's sign-out finds sessions by its `sid`, and applications
publish the keys of their client assertions and choose how their tokens are signed.
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


def downgrade() -> None:
    for table, name in ALGORITHMS:
        op.drop_column(table, name)
    op.drop_column("application", "jwks_uri")
    op.create_index("ix_session_connection_id", "session", ["connection_id"])
    op.drop_index("ix_session_connection_microsoft_sid", "session")
