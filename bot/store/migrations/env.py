"""Alembic's environment: the tables as SQLModel knows them, on the connection that it was given."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from bot.store import tables as _tables  # noqa: F401  # fills the metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    render_item=lambda _kind, item, _context: "sa.String()" if isinstance(item, AutoString) else False,
)
with context.begin_transaction():
    context.run_migrations()
