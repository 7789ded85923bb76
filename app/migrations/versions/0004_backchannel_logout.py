"""What applications are told about the end of sessions, and indexes that find the sessions that have expired."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WAITING = sa.text("finished_at IS NULL")
LASTING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "logout_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("sub", sa.Text(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_delivered", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_logout_delivery_company_id_company")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_logout_delivery_application_id_application"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_logout_delivery_person_id_person")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_logout_delivery_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logout_delivery")),
    )
    with op.batch_alter_table("logout_delivery", schema=None) as batch_op:
        for column in ("application_id", "person_id", "session_id"):
            batch_op.create_index(batch_op.f(f"ix_logout_delivery_{column}"), [column], unique=False)
        batch_op.create_index(
            "ix_logout_delivery_company_application", ["company_id", "application_id", "id"], unique=False
        )
        batch_op.create_index(
            "ix_logout_delivery_due", ["next_try_at"], unique=False, postgresql_where=WAITING, sqlite_where=WAITING
        )
        batch_op.create_index(
            "uq_logout_delivery_waiting",
            ["session_id", "client_id"],
            unique=True,
            postgresql_where=WAITING,
            sqlite_where=WAITING,
        )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(
            "ix_session_company_last_seen",
            ["company_id", "last_seen_at"],
            unique=False,
            postgresql_where=LASTING,
            sqlite_where=LASTING,
        )
        batch_op.create_index(
            "ix_session_company_began",
            ["company_id", "created_at"],
            unique=False,
            postgresql_where=LASTING,
            sqlite_where=LASTING,
        )


def downgrade() -> None:
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index("ix_session_company_began", postgresql_where=LASTING, sqlite_where=LASTING)
        batch_op.drop_index("ix_session_company_last_seen", postgresql_where=LASTING, sqlite_where=LASTING)
    op.drop_table("logout_delivery")
