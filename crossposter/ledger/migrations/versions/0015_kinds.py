"""What deliveries do: publish, correct or take away; which posts stand no more."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

#: As the tables of this version have them.
_UNIQUE = ("entry_id", "account_id", "kind", "issue")
_CHECKS = {
    "kind_is_known": "kind IN ('publish', 'edit', 'reply', 'delete', 'repost')",
    "acts_on_a_post": "(kind = 'publish') = (of_id IS NULL)",
    "correction_has_an_issue": "issue > 0 OR kind IN ('publish', 'delete')",
    "first_post_has_no_issue": "kind <> 'publish' OR issue = 0",
}
_OLD = "one_delivery_per_entry_and_account"


def upgrade() -> None:
    """Add the columns; every delivery that is known already publishes, and every post stands."""
    op.add_column("attempt", sa.Column("kind", sa.Text, nullable=False, server_default="publish"))
    op.add_column("post", sa.Column("deleted_at", sa.DateTime(timezone=True)))
    op.add_column("delivery", sa.Column("kind", sa.Text, nullable=False, server_default="publish"))
    op.add_column("delivery", sa.Column("issue", sa.Integer, nullable=False, server_default="0"))
    op.add_column("delivery", sa.Column("of_id", sa.Integer))
    op.add_column("entry", sa.Column("considered", sa.Integer, nullable=False, server_default="1"))
    # What was edited before anybody could correct it is not brought up now.
    op.execute("UPDATE entry SET considered = revision WHERE revision > 1")
    edited = sa.text("revision > considered")
    op.create_index("entry_edited", "entry", ["id"], sqlite_where=edited, postgresql_where=edited)
    if op.get_bind().dialect.name == "sqlite":
        _make_anew()
        return
    op.drop_constraint(_OLD, "delivery", type_="unique")
    op.create_unique_constraint("one_delivery_of_a_name", "delivery", list(_UNIQUE))
    op.create_foreign_key("delivery_of_id_fkey", "delivery", "delivery", ["of_id"], ["id"])
    for name, condition in _CHECKS.items():
        op.create_check_constraint(name, "delivery", condition)


def _make_anew() -> None:
    """Make SQLite's table anew from its own words: it drops no constraint of a table, and Alembic would lose CHECKs.

    Its rows, and those of the tables that refer to it, are put aside meanwhile: while there are some, it cannot be
    dropped, and in a transaction the check of that is not to be switched off. A new table filled beside the old one
    would refer to it as well, by a column without an index: it would be searched for each row that is dropped.

    Aside is in the ledger's own file: the folder for temporary files has perhaps no room.
    """
    connection = op.get_bind()
    checks = [f"CONSTRAINT {name} CHECK ({condition})" for name, condition in _CHECKS.items()]
    unique = f"CONSTRAINT one_delivery_of_a_name UNIQUE ({', '.join(_UNIQUE)})"
    new = ", ".join([unique, *checks, "FOREIGN KEY(of_id) REFERENCES delivery (id)"])
    told = "SELECT sql FROM sqlite_master WHERE tbl_name = 'delivery' AND type = :type AND sql IS NOT NULL"
    (table,) = connection.scalars(sa.text(told), {"type": "table"})
    indexes = list(connection.scalars(sa.text(told), {"type": "index"}))
    old = f"CONSTRAINT {_OLD} UNIQUE (entry_id, account_id)"
    _, _, body = table.partition("(")
    begin, end = body.split(old)  # once, or these are not the words of this version
    # Through the driver: the words of a table may hold what SQLAlchemy takes for a parameter.
    run = connection.exec_driver_sql
    referring = [
        name
        for name in sa.inspect(connection).get_table_names()
        if any(key["referred_table"] == "delivery" for key in sa.inspect(connection).get_foreign_keys(name))
    ]
    for name in (*referring, "delivery"):
        run(f"CREATE TABLE aside_{name} AS SELECT * FROM {name}")  # noqa: S608 - our own tables
        run(f"DELETE FROM {name}")  # noqa: S608 - our own tables
    run("DROP TABLE delivery")
    run(f"CREATE TABLE delivery ({begin}{new}{end}")
    for index in indexes:
        run(index)
    for name in ("delivery", *referring):
        run(f"INSERT INTO {name} SELECT * FROM aside_{name}")  # noqa: S608 - our own tables
        run(f"DROP TABLE aside_{name}")
