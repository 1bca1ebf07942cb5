"""One writer thread that groups waiting transactions into one durable commit; readers beside it.

A transaction is a plain function of a session, and its caller hears of it only after the group is on
disk. When one of a group fails, nothing of the group stays, and each is run again for itself; so a
transaction may run twice, and does nothing but read and write its session.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session, SQLModel

from bot.errors import ConfigurationError, StoreUnavailableError
from bot.store.group import GroupSession, RowName
from bot.store.prepared import reading
from bot.store.together import SentStatement, together

T = TypeVar("T")
_Rows = Mapping[RowName, SQLModel]
_Outcome = tuple[asyncio.Future[Any], Any, BaseException | None]
log = structlog.get_logger()
_GROUP: Final = 128
_WAITING: Final = 10_000
# Slack shows its own error to whoever clicked after three seconds, so ours has to come before.
_BUSY_MS: Final = 2000
# One number for every replica: writers take turns on PostgreSQL as they do on SQLite, which keeps
# the audit chain in one order. The lock ends with the transaction.
_WRITER_LOCK: Final = 7_021_954
_BEGIN: Final = {
    "sqlite": ["BEGIN IMMEDIATE"],
    "postgresql": ["BEGIN", f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})"],
}
# A replica that hangs with the lock in its hand loses it, and its transaction, after ten seconds.
_POSTGRESQL: Final = {
    "connect_timeout": 2,
    # At a rollback psycopg has the server forget what it has parsed, ours too; so psycopg has nothing parsed.
    "prepare_threshold": None,
    "options": f"-c lock_timeout={_BUSY_MS} -c idle_in_transaction_session_timeout=10000",
}
_SQLITE: Final = {"timeout": _BUSY_MS / 1000, "check_same_thread": False}


class Store:
    """The database. Made once, closed once; `write` and `read` may be called from one event loop.

    Raises ConfigurationError for an address that is none, or of a database that Makegood does not know.
    """

    def __init__(self, url: str) -> None:
        self.url = _address(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(self.url, sqlite=self.sqlite)
        self._coming: list[_Transaction] = []
        self._waiting: queue.SimpleQueue[list[_Transaction] | None] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._readers = ThreadPoolExecutor(4, "store-reader")
        self._writer = threading.Thread(target=self._write_groups, name="store-writer", daemon=True)
        self._writer.start()

    async def write(self, transaction: Callable[[Session], T], *about: RowName) -> T:
        """Run `transaction` in the writer thread and return its result once it is durable.

        Rows that it is `about`, and that it will fetch, are read together with those of its group.
        Whatever it raises comes back, and leaves no trace. A caller that gives up before its turn
        leaves none either. Raises StoreUnavailableError when the database did not take it.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        if not self._coming:
            loop.call_soon(self._hand_over)
        self._coming.append(_Transaction(transaction, about, answer))
        return await answer

    async def read(self, query: Callable[[Session], T]) -> T:
        """Run `query` in a reader thread, outside any writing. Raises StoreUnavailableError."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    def close(self) -> None:
        """Finish what is waiting, then let go of the database."""
        self._waiting.put(self._coming)
        self._waiting.put(None)
        self._writer.join()
        self._readers.shutdown()
        self.engine.dispose()

    def _read(self, query: Callable[[Session], T]) -> T:
        try:
            with self.engine.connect() as connection, Session(connection, expire_on_commit=False) as session:
                found = query(session)
                session.expunge_all()
                return found
        except DBAPIError as error:
            if _is_lost(error):
                raise _unavailable(error) from error
            raise

    def _hand_over(self, before: int = 0) -> None:
        """Give the writer what came, once a turn of the event loop has brought no more: as one group."""
        if before < len(self._coming) < _GROUP:
            asyncio.get_running_loop().call_soon(self._hand_over, len(self._coming))
            return
        coming, self._coming = self._coming, []
        self._waiting.put(coming)

    def _write_groups(self) -> None:
        while (first := self._waiting.get()) is not None:
            if live := _live([*first, *self._next(_GROUP - len(first))]):
                self._write_group(live)
        self._let_go()

    def _next(self, enough: int) -> list[_Transaction]:
        """Return what is waiting until there is `enough`, without waiting for more."""
        found: list[_Transaction] = []
        while len(found) < enough:
            try:
                following = self._waiting.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._waiting.put(None)
                break
            found += following
        return found

    def _write_group(self, group: list[_Transaction]) -> None:
        """Commit a group; when one of several fails, each is run again for itself, and fails alone."""
        begun = committing = False
        try:
            connection, ahead = self._begun({name for one in group for name in one.about})
            begun = True
            results = _results(connection, group, ahead)
            committing = True
            connection.commit()
        except _OneOfSeveralError:
            for one in group:
                self._write_group([one])
            return
        except SQLAlchemyError as error:
            self._let_go()
            if not _is_lost(error):
                _refuse(group, error)
                return
            failure = _lost_answer(error) if committing else _unavailable(error)
            failure.__cause__ = error
            # Who queued behind them has waited as long, and would only wait again for the same answer.
            refused = group if begun else [*group, *_live(self._next(_WAITING))]
            log.warning("the database took nothing", why=_said(error), refused=len(refused))
            _refuse(refused, failure)
            return
        except BaseException as error:  # noqa: BLE001  # whatever it was, the thread lives on
            self._let_go()
            _refuse(group, error)
            return
        _answer([(one.answer, result, None) for one, result in zip(group, results, strict=True)])

    def _begun(self, ahead: Collection[RowName]) -> tuple[Connection, _Rows]:
        """Begin in the writer's connection; in a new one, where the database has let go of the old one.

        Returns the connection, and the rows that are to be read `ahead`.
        """
        if self._connection:
            try:
                return self._connection, _begin(self._connection, ahead)
            except DBAPIError as error:
                self._let_go()
                if not error.connection_invalidated:
                    raise
        self._connection = _connected(self.engine)
        return self._connection, _begin(self._connection, ahead)

    def _let_go(self) -> None:
        """Undo what the writer's connection has begun, and take another one the next time."""
        if self._connection:
            self._connection.close()
            self._connection = None


def begin_writing(engine: Engine) -> Connection:
    """Open a connection and begin a transaction in which nobody else writes. Who closes it undoes it."""
    connection = _connected(engine)
    try:
        _begin(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _connected(engine: Engine) -> Connection:
    # Left to begin by itself, the driver would take a way of its own there and back for it.
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _begin(connection: Connection, ahead: Collection[RowName] = ()) -> _Rows:
    """Begin the next transaction, and read rows; waits for the turn, two seconds at the most."""
    tables: dict[type[SQLModel], list[Any]] = defaultdict(list)
    for table, key in ahead:
        tables[table].append(key)
    readings = [(table, reading(table, connection.dialect), keys) for table, keys in tables.items()]
    begin: list[SentStatement] = [(sql, None) for sql in _BEGIN[connection.dialect.name]]
    connection.begin()
    answers = together(connection, [*begin, *((one.sql, one.bound(keys)) for _, one, keys in readings)])
    return {
        (table, key): row
        for (table, one, _), answer in zip(readings, answers[len(begin) :], strict=True)
        for key, row in one.rows(answer.fetchall()).items()
    }


class _Transaction:
    __slots__ = ("about", "answer", "run")

    def __init__(
        self, run: Callable[[Session], Any], about: Sequence[RowName], answer: asyncio.Future[Any]
    ) -> None:
        self.run = run
        self.about = about
        self.answer = answer


def _live(found: list[_Transaction]) -> list[_Transaction]:
    """Leave out those whose callers have given up."""
    return [one for one in found if not one.answer.cancelled()]


def _refuse(group: list[_Transaction], failure: BaseException) -> None:
    _answer([(one.answer, None, failure) for one in group])


def _answer(outcomes: list[_Outcome]) -> None:
    """Tell every caller of a group, and wake their event loop once for all of them."""
    loop = outcomes[0][0].get_loop()
    with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
        loop.call_soon_threadsafe(_tell, outcomes)


def _tell(outcomes: list[_Outcome]) -> None:
    for answer, result, failure in outcomes:
        if answer.done():
            continue
        if failure is None:
            answer.set_result(result)
        else:
            answer.set_exception(failure)


class _OneOfSeveralError(Exception):
    """A transaction of a group failed, and nothing of the group may stay."""


def _results(connection: Connection, group: list[_Transaction], ahead: _Rows) -> list[Any]:
    """Run the transactions of a group one after another; they share a connection, not what they have read."""
    results = []
    try:
        with GroupSession(connection, ahead) as session:
            for one in group:
                results.append(one.run(session))
                session.flush()
                session.expunge_all()
            session.send()
    except BaseException as error:
        connection.rollback()
        if len(group) == 1 or (isinstance(error, SQLAlchemyError) and _is_lost(error)):
            raise
        raise _OneOfSeveralError from error
    return results


def _is_lost(error: SQLAlchemyError) -> bool:
    """Say whether the database itself failed, rather than what one transaction asked of it."""
    return isinstance(error, OperationalError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


def _address(url: str) -> URL:
    """Read DATABASE_URL, and make the folder of a SQLite file. Raises ConfigurationError."""
    try:
        address = make_url(url)
    except ArgumentError:
        raise ConfigurationError(f"DATABASE_URL is not the address of a database. {_ADDRESSES}") from None
    if address.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise ConfigurationError(
            f"DATABASE_URL begins with {address.drivername}, which Makegood does not know. {_ADDRESSES}"
        )
    if address.drivername == "sqlite" and address.database:
        folder = Path(address.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"The database's folder {folder} cannot be made: {error.strerror}. See DATABASE_URL."
            ) from error
    return address


_ADDRESSES: Final = "Use sqlite:///data/makegood.db, or postgresql+psycopg://user:password@host/name."


def _engine(url: URL, *, sqlite: bool) -> Engine:
    engine = create_engine(
        url,
        pool_pre_ping=not sqlite,
        paramstyle="qmark" if sqlite else "format",  # by their place: there is nothing to look up by name
        hide_parameters=True,  # an error's text is logged, and the values are the customers'
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        connect_args=_SQLITE if sqlite else _POSTGRESQL,
    )
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
    else:
        from bot.store import postgresql  # noqa: PLC0415  # SQLite does without, and starts faster

        event.listen(engine, "do_connect", postgresql.connect)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _unavailable(error: SQLAlchemyError) -> StoreUnavailableError:
    said = _said(error)
    for sign, sentence in _SENTENCES:
        if sign in said.lower():
            return StoreUnavailableError(f"{sentence} Nothing was changed; try again in a minute.")
    return StoreUnavailableError(
        "The database could not be reached. Nothing was changed; try again in a minute."
    )


def _lost_answer(error: SQLAlchemyError) -> StoreUnavailableError:
    """Say what a failed commit means: only a database that answered is known to have done nothing."""
    if isinstance(error, DBAPIError) and not error.connection_invalidated:
        return _unavailable(error)
    return StoreUnavailableError(
        "The database's answer was lost, so this may be recorded or not. "
        "Look at the card in a minute, and click again if it has not changed."
    )


def _said(error: SQLAlchemyError) -> str:
    """Return the database's own words, without the statement and its values."""
    return " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())


_SENTENCES: Final = (
    ("locked", "The database is busy with another program."),
    ("lock timeout", "The database is busy with another program."),
    ("full", "The disk with the database is full."),
    ("no space left", "The disk with the database is full."),
    ("readonly", "The database is read-only."),
    ("read-only", "The database is read-only."),
)
