"""The audit log of what is done to the installation, with a chain of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_installation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_installation")),
        sa.UniqueConstraint("number", name=op.f("uq_audit_installation_number")),
    )
    op.create_table(
        "audit_installation_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_installation_head")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER audit_installation_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_installation"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_installation_no_{change.lower()} BEFORE {change} ON audit_installation"
            f" BEGIN SELECT RAISE(ABORT, 'history is written once: no {change} of audit_installation'); END"
        )


def downgrade() -> None:
    op.drop_table("audit_installation_head")
    op.drop_table("audit_installation")
