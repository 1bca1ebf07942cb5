"""What the tables have in common: times, amounts, and what makes a row work to be done."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import BigInteger, DateTime, Dialect, Index, Integer, TypeDecorator, text
from sqlmodel import SQLModel

BIG: Final = BigInteger().with_variant(Integer, "sqlite")


class Row(SQLModel):
    """A table's row. Rows are not validated by pydantic, so its validators are not built at each start."""

    model_config = {"defer_build": True}


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time, on databases with time zones and without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone; write UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone has no place in a row")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Read UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def due(table: str) -> Index:
    """Return the partial index of the work that is due in a table."""
    return Index(
        f"{table}_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    )
