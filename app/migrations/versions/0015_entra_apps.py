"""An application at Microsoft has one model, which connections and the CRM use."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

from app.core.database import encryptor

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

USERS = ("connection_draft", "connection", "crm_connection")
TYPES: dict[str, Any] = {
    **dict.fromkeys(("id", "company_id", "draft_id", "entra_app_id"), sa.Uuid()),
    **dict.fromkeys(
        ("created_at", "live_since", "refused_at", "unreadable_at", "refusal_told_at"), sa.DateTime(timezone=True)
    ),
    **dict.fromkeys(("expires", "credential_expires"), sa.Date()),
    **dict.fromkeys(("is_live", "is_federated"), sa.Boolean()),
    **dict.fromkeys(("warned", "credential_warned"), sa.Integer()),
}


def _table(name: str, columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column, TYPES.get(column, sa.Text())) for column in columns.split()))


MARKS = "kind secret_sealed certificate expires refused_at unreadable_at warned refusal_told_at"
DRAFT = _table("connection_draft", "id created_at company_id tenant client_id federation_key_sealed entra_app_id")
CONNECTION = _table("connection", "id live_since company_id tenant client_id entra_app_id")
CRM = _table(
    "crm_connection",
    "id created_at company_id tenant client_id secret_sealed certificate is_federated federation_key_sealed "
    "credential_expires credential_warned entra_app_id",
)
CREDENTIAL = _table("credential", f"id created_at draft_id is_live {MARKS}")
APP = _table("entra_app", "id created_at company_id tenant client_id")
NEW_CREDENTIAL = _table("client_credential", f"id created_at entra_app_id {MARKS}")


def upgrade() -> None:
    op.create_table(
        "entra_app",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_entra_app_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entra_app")),
    )
    op.create_index(op.f("ix_entra_app_company_id"), "entra_app", ["company_id"], unique=False)
    op.create_table(
        "client_credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entra_app_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("expires", sa.Date(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unreadable_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned", sa.Integer(), nullable=True),
        sa.Column("refusal_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["entra_app_id"], ["entra_app.id"], name=op.f("fk_client_credential_entra_app_id_entra_app")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_credential")),
    )
    op.create_index(op.f("ix_client_credential_entra_app_id"), "client_credential", ["entra_app_id"], unique=False)
    op.create_index(op.f("ix_client_credential_expires"), "client_credential", ["expires"], unique=False)
    for name in USERS:
        op.add_column(name, sa.Column("entra_app_id", sa.Uuid(), nullable=True))
    move(op.get_bind())
    op.drop_table("credential")
    _point_to_applications()


def _point_to_applications() -> None:
    for name in USERS:
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.alter_column("entra_app_id", nullable=False)
            batch_op.create_foreign_key(
                batch_op.f(f"fk_{name}_entra_app_id_entra_app"), "entra_app", ["entra_app_id"], ["id"]
            )
            batch_op.create_unique_constraint(batch_op.f(f"uq_{name}_entra_app_id"), ["entra_app_id"])
            batch_op.drop_column("tenant")
            batch_op.drop_column("client_id")
            if name != "connection":
                batch_op.drop_column("federation_key_sealed")
            if name == "crm_connection":
                batch_op.drop_index("ix_crm_connection_credential_expires")
                for gone in ("secret_sealed", "certificate", "is_federated", "credential_expires", "credential_warned"):
                    batch_op.drop_column(gone)


def move(connection: sa.Connection) -> None:
    """Gives each draft, connection and CRM connection its application, with its credentials."""
    keys = {}
    for row in connection.execute(sa.select(DRAFT)).all():
        keys[row.id] = row.federation_key_sealed
        _make_app(connection, DRAFT, row)
    for row in connection.execute(sa.select(CONNECTION)).all():
        _make_app(connection, CONNECTION, row)
    for row in connection.execute(sa.select(CREDENTIAL).order_by(CREDENTIAL.c.id)).all():
        user = CONNECTION if row.is_live else DRAFT
        app_id = connection.scalar(sa.select(user.c.entra_app_id).where(user.c.id == row.draft_id))
        place, sealed = f"credential.secret:{row.id}", row.secret_sealed
        if row.kind == "federated":
            place, sealed = f"connection_draft.federation_key:{row.draft_id}", keys[row.draft_id]
        kept = {column.name: getattr(row, column.name) for column in CREDENTIAL.c if column.name in NEW_CREDENTIAL.c}
        _add(connection, {**kept, "entra_app_id": app_id}, sealed, place)
    for row in connection.execute(sa.select(CRM)).all():
        app_id = _make_app(connection, CRM, row)
        name = "federation_key" if row.is_federated else "secret"
        values = {
            "id": uuid7(),
            "created_at": row.created_at,
            "entra_app_id": app_id,
            "kind": "federated" if row.is_federated else "certificate" if row.certificate else "secret",
            "certificate": row.certificate,
            "expires": row.credential_expires,
            "warned": row.credential_warned,
        }
        if sealed := getattr(row, f"{name}_sealed"):
            _add(connection, values, sealed, f"crm_connection.{name}:{row.id}")


def _make_app(connection: sa.Connection, user: sa.TableClause, row: Any) -> UUID:
    made: UUID = uuid7()
    values = {"company_id": row.company_id, "tenant": row.tenant, "client_id": row.client_id}
    created_at = row.live_since if user is CONNECTION else row.created_at
    connection.execute(sa.insert(APP).values(id=made, created_at=created_at, **values))
    connection.execute(sa.update(user).where(user.c.id == row.id).values(entra_app_id=made))
    return made


def _add(connection: sa.Connection, values: dict[str, Any], sealed: str | None, place: str) -> None:
    """Adds a credential. An encrypted text is bound to its place, so it is encrypted anew for the new one."""
    if sealed is not None:
        sealed = encryptor().encrypt(encryptor().decrypt(sealed, place), f"client_credential.secret:{values['id']}")
    connection.execute(sa.insert(NEW_CREDENTIAL).values({**values, "secret_sealed": sealed}))


def downgrade() -> None:
    """Erases the credentials, which have to be entered again."""
    for name in USERS:
        op.add_column(name, sa.Column("tenant", sa.Text(), server_default="", nullable=False))
        op.add_column(name, sa.Column("client_id", sa.Text(), server_default="", nullable=False))
        for column in ("tenant", "client_id"):
            values = f"SELECT {column} FROM entra_app WHERE entra_app.id = {name}.entra_app_id"  # noqa: S608 - our names
            op.execute(f"UPDATE {name} SET {column} = ({values})")  # noqa: S608 - our names
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.alter_column("tenant", server_default=None)
            batch_op.alter_column("client_id", server_default=None)
            batch_op.drop_constraint(batch_op.f(f"fk_{name}_entra_app_id_entra_app"), type_="foreignkey")
            batch_op.drop_constraint(batch_op.f(f"uq_{name}_entra_app_id"), type_="unique")
            batch_op.drop_column("entra_app_id")
            if name != "connection":
                batch_op.add_column(sa.Column("federation_key_sealed", sa.Text(), nullable=True))
            if name == "crm_connection":
                batch_op.add_column(sa.Column("secret_sealed", sa.Text(), nullable=True))
                batch_op.add_column(sa.Column("certificate", sa.Text(), nullable=True))
                batch_op.add_column(sa.Column("is_federated", sa.Boolean(), server_default=sa.false(), nullable=False))
                batch_op.add_column(sa.Column("credential_expires", sa.Date(), nullable=True))
                batch_op.add_column(sa.Column("credential_warned", sa.Integer(), nullable=True))
                batch_op.create_index("ix_crm_connection_credential_expires", ["credential_expires"], unique=False)
    op.drop_table("client_credential")
    op.drop_table("entra_app")
    op.create_table(
        "credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("expires", sa.Date(), nullable=True),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unreadable_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned", sa.Integer(), nullable=True),
        sa.Column("refusal_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["connection_draft.id"], name=op.f("fk_credential_draft_id_connection_draft")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
    )
    op.create_index(op.f("ix_credential_draft_id"), "credential", ["draft_id"], unique=False)
    op.create_index(
        "ix_credential_live_expires",
        "credential",
        ["expires"],
        unique=False,
        postgresql_where=sa.text("is_live"),
        sqlite_where=sa.text("is_live"),
    )
