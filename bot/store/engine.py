"""One writer thread that groups waiting transactions into one durable commit; readers beside it.

A transaction is a plain function of a session. It runs in a savepoint of its own, so one that fails
takes nothing of its neighbours with it, and its caller hears of it only after the group is on disk.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from bot.errors import StoreUnavailableError

T = TypeVar("T")
_GROUP: Final = 128
# One number for every replica: writers take turns on PostgreSQL as they do on SQLite, which keeps
# the audit chain in one order. The lock ends with the transaction.
_WRITER_LOCK: Final = 7_021_954


class Store:
    """The database. Made once, closed once; `write` and `read` may be called from one event loop."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if self.sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = _engine(self.url.render_as_string(hide_password=False), sqlite=self.sqlite)
        self._waiting: queue.SimpleQueue[_Transaction | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(4, "store-reader")
        self._writer = threading.Thread(target=self._write_groups, name="store-writer", daemon=True)
        self._writer.start()

    async def write(self, transaction: Callable[[Session], T]) -> T:
        """Run `transaction` in the writer thread and return its result once it is durable.

        Whatever it raises comes back, and leaves no trace. Raises StoreUnavailableError when the
        database did not take it.
        """
        answer: Future[T] = Future()
        self._waiting.put(_Transaction(transaction, answer))
        return await asyncio.wrap_future(answer)

    async def read(self, query: Callable[[Session], T]) -> T:
        """Run `query` in a reader thread, outside any writing. Raises StoreUnavailableError."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    def close(self) -> None:
        """Finish what is waiting, then let go of the database."""
        self._waiting.put(None)
        self._writer.join()
        self._readers.shutdown()
        self.engine.dispose()

    def _read(self, query: Callable[[Session], T]) -> T:
        try:
            with self.engine.connect() as connection:
                return _in_session(connection, query)
        except OperationalError as error:
            raise _unavailable(error) from error

    def _write_groups(self) -> None:
        while (first := self._waiting.get()) is not None:
            group = [first]
            while len(group) < _GROUP:
                try:
                    following = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    self._waiting.put(None)
                    break
                group.append(following)
            self._write_group(group)

    def _write_group(self, group: list[_Transaction]) -> None:
        try:
            with self.engine.connect() as connection:
                self._begin(connection)
                settled = [(one, _outcome(connection, one)) for one in group]
                connection.commit()
        except SQLAlchemyError as error:
            for one in group:
                one.answer.set_exception(_unavailable(error))
            return
        for one, (result, failure) in settled:
            if failure is None:
                one.answer.set_result(result)
            else:
                one.answer.set_exception(failure)

    def _begin(self, connection: Connection) -> None:
        if self.sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")


class _Transaction:
    __slots__ = ("answer", "run")

    def __init__(self, run: Callable[[Session], Any], answer: Future[Any]) -> None:
        self.run = run
        self.answer = answer


def _outcome(connection: Connection, one: _Transaction) -> tuple[Any, BaseException | None]:
    """Run one transaction in a savepoint; a lost connection is the whole group's failure."""
    savepoint = connection.begin_nested()
    try:
        result = _in_session(connection, one.run)
    except BaseException as error:  # whatever it is, its caller hears of it
        if isinstance(error, DBAPIError) and (
            error.connection_invalidated or isinstance(error, OperationalError)
        ):
            raise
        if savepoint.is_active:  # a failed flush has rolled it back already
            savepoint.rollback()
        return None, error
    savepoint.commit()
    return result, None


def _in_session(connection: Connection, run: Callable[[Session], T]) -> T:
    with Session(
        connection, join_transaction_mode="rollback_only", expire_on_commit=False, autoflush=True
    ) as session:
        result = run(session)
        session.flush()
        session.expunge_all()
        return result


def _engine(url: str, *, sqlite: bool) -> Engine:
    engine = create_engine(
        url,
        pool_pre_ping=not sqlite,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        **({"connect_args": {"timeout": 5, "check_same_thread": False}} if sqlite else {}),
    )
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _unavailable(error: SQLAlchemyError) -> StoreUnavailableError:
    said = str(getattr(error, "orig", error)).lower()
    for sign, sentence in _SENTENCES:
        if sign in said:
            return StoreUnavailableError(f"{sentence} Nothing was changed; try again in a minute.")
    return StoreUnavailableError(
        "The database could not be reached. Nothing was changed; try again in a minute."
    )


_SENTENCES: Final = (
    ("locked", "The database is busy with another program."),
    ("full", "The disk with the database is full."),
    ("readonly", "The database is read-only."),
    ("read-only", "The database is read-only."),
)
