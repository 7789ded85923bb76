"""Applications behind forward-auth, and the cookies that open their grants."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.add_column(sa.Column("origin", sa.Text(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_application_origin"), ["origin"])
    with op.batch_alter_table("application_grant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cookie_hash", sa.Text(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_application_grant_cookie_hash"), ["cookie_hash"])


def downgrade() -> None:
    with op.batch_alter_table("application_grant", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_application_grant_cookie_hash"), type_="unique")
        batch_op.drop_column("cookie_hash")
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_application_origin"), type_="unique")
        batch_op.drop_column("origin")
