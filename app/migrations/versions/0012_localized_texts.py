"""The notes of login pages, and the labels of sign-in buttons, in several languages."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("login_page", sa.Column("note_translations", sa.JSON(none_as_null=True)))
    op.add_column("connection_draft", sa.Column("button_label_translations", sa.JSON(none_as_null=True)))
    op.add_column("connection", sa.Column("button_label_translations", sa.JSON(none_as_null=True)))


def downgrade() -> None:
    op.drop_column("connection", "button_label_translations")
    op.drop_column("connection_draft", "button_label_translations")
    op.drop_column("login_page", "note_translations")
