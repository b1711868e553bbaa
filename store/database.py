"""SQLite files whose every row carries a checksum: opened intact, or set aside and salvaged.

The last column of each table is the CRC-32 of the others. A file that SQLite reports as damaged is
renamed, and the readable rows with a correct checksum are copied to a new one.
"""

import logging
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from base.language import phrase

BUSY_S = 1.0
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BROKEN_AT_OPEN = _BROKEN | {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_SCHEMA}
Row = tuple[Any, ...]
log = logging.getLogger(__name__)


class NewerStoreError(Exception):
    """The file was written by a newer version of this program: it is left unchanged."""


class DamagedError(sqlite3.DatabaseError):
    """The file is damaged in a way that SQLite itself does not detect."""


@dataclass(frozen=True, slots=True)
class Form:
    """Schema of a file. `upgrade` turns the tables of an older version into these.

    Every table of `schema` ends in a column `crc`. `upgrade` gets the file, its path and the old
    tables, each renamed to `old_NAME`.
    """

    version: int
    schema: str
    upgrade: Callable[[sqlite3.Connection, Path, frozenset[str]], None]


def crc_of(values: Iterable[object]) -> int:
    """The checksum of a row's other values."""
    return zlib.crc32("|".join(map(str, values)).encode(errors="surrogateescape"))


def put(db: sqlite3.Connection, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Write the rows with their checksums, over those of the same key."""
    for row in rows:
        marks = ", ".join("?" * (len(row) + 1))
        db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", (*row, crc_of(row)))


def sound(row: Row) -> bool:
    """True if the row is undamaged."""
    return bool(row[-1] == crc_of(row[:-1]))


def open_or_renew(path: Path, form: Form) -> sqlite3.Connection:
    """The open file if intact; otherwise a new one with the salvaged rows, the damaged one being
    set aside and logged.

    NewerStoreError when a newer version of the program wrote it.
    """
    try:
        return _connect(path, form)
    except UnicodeDecodeError as error:  # of the name of a column
        return renew(path, form, DamagedError(f"malformed: {error}"))
    except sqlite3.DatabaseError as error:
        if not _is_broken_at_open(path, error):
            raise
        return renew(path, form, error)


def renew(path: Path, form: Form, error: sqlite3.DatabaseError) -> sqlite3.Connection:
    """A new file with the salvaged rows of the damaged one, which is set aside and logged."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.bad-{stamp}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    db = _connect(path, form)
    copied = _salvage(aside, db, form) if aside.is_file() else 0
    log.error(
        phrase(
            "{name} is damaged ({text}): set aside as {aside}; {count:d} intact rows were"
            " recovered.",
            name=path.name,
            text=error,
            aside=aside.name,
            count=copied,
        ),
    )
    return db


def weeded(
    db: sqlite3.Connection, path: Path, table: str, where: str = "1", given: Sequence[object] = ()
) -> Iterator[Row]:
    """The sound rows, in the order of their keys. At the end the others are set aside and logged.
    DamagedError when one of them cannot be deleted, such as one with its key out of order.
    """
    keys = _keys(db, table)
    bad = []
    before: Row = ()
    select = f"SELECT * FROM {table} WHERE {where} ORDER BY {', '.join(keys)}"
    for row in db.execute(select, given):
        if sound(row):
            if before and row[: len(keys)] <= before:
                raise DamagedError(f"malformed: the rows of {table} are out of order")
            before = row[: len(keys)]
            yield row
        else:
            bad.append(row)
    for row in bad:
        match = " AND ".join(
            f"{key} IS {'CAST(? AS TEXT)' if isinstance(value, str) else '?'}"
            for key, value in zip(keys, row, strict=False)
        )
        key = [
            value.encode(errors="surrogateescape") if isinstance(value, str) else value
            for value in row[: len(keys)]
        ]
        db.execute(f"DELETE FROM {table} WHERE {match}", key)
    if bad and not all(sound(row) for row in db.execute(select, given)):
        raise DamagedError(f"malformed: a row of {table} cannot be found by its key")
    set_rows_aside(path, table, bad)


def set_rows_aside(path: Path, table: str, bad: Sequence[Row]) -> None:
    """Write the damaged rows to a text file beside it, and log that."""
    if not bad:
        return
    aside = path.with_name(f"{path.name}.bad-rows")
    try:
        with aside.open("a", encoding="ascii") as file:
            file.writelines(f"{table} {row!a}\n" for row in bad)
    except OSError as error:
        log.warning(phrase("{name} cannot be written now ({text}).", name=aside.name, text=error))
    rows = phrase("1 row") if len(bad) == 1 else phrase("{count:d} rows", count=len(bad))
    log.error(
        phrase(
            "{name}: {rows} of {table} damaged, set aside in {aside}.",
            name=path.name,
            rows=rows,
            table=table,
            aside=aside.name,
        )
    )


def is_broken(error: sqlite3.DatabaseError) -> bool:
    """True if the file itself is damaged; a busy or full disk is not."""
    return isinstance(error, DamagedError) or _code(error) in _BROKEN


def _is_broken_at_open(path: Path, error: sqlite3.DatabaseError) -> bool:
    """This includes a file that claims an impossible version or permissions."""
    code = _code(error)
    if code == sqlite3.SQLITE_READONLY:
        return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return is_broken(error) or code in _BROKEN_AT_OPEN or path.is_dir()


def _code(error: sqlite3.DatabaseError) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def text_of(content: bytes) -> str:
    """Damaged text is read too: the checksum reveals it."""
    return content.decode(errors="surrogateescape")


def _connect(path: Path, form: Form) -> sqlite3.Connection:
    """A connection to a file known to be intact. In WAL, NORMAL never tears: at worst the last
    transactions before a power cut are missing, and are booked again from the registers."""
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    db.text_factory = text_of
    try:
        db.execute("PRAGMA page_size = 1024")
        db.execute("PRAGMA cache_size = -256")  # kB: what a week takes, not the whole year
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        _check(db)
        _shape(db, path, form)
    except BaseException:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection) -> None:
    with closing(db.execute("PRAGMA integrity_check(1)")) as found:
        said = found.fetchone()[0]
    if said != "ok":
        raise DamagedError(f"malformed: {said}")
    if db.execute("PRAGMA encoding").fetchone()[0] != "UTF-8":
        raise DamagedError("malformed: its texts are not UTF-8")


def _shape(db: sqlite3.Connection, path: Path, form: Form) -> None:
    """Create or upgrade the tables to `form` where needed. The tables show the version too, so that
    one wrong bit in its number does not count as a newer version.
    """
    version = db.execute("PRAGMA user_version").fetchone()[0]
    there, wanted = _tables(db), _wanted(form)
    missing = [name for name in wanted if name not in there]
    other = [name for name in wanted if name in there and there[name] != wanted[name]]
    alien = bool(there) and len(missing) == len(wanted)
    if (other or alien) and version > form.version:
        raise NewerStoreError(
            f"{path} was written by a newer version of this program (its form is {version},"
            f" this one knows {form.version}): update the program, or move the file away."
        )
    if alien or (other and version == form.version):
        raise DamagedError("malformed: its tables are not those of this program")
    if missing and there and version >= form.version:
        log.error(
            phrase(
                "{name} has no table {missing}: an empty one was created.",
                name=path.name,
                missing=" and ".join(missing),
            )
        )
    if missing or other or version != form.version:
        _remake(db, path, form, there if other else {})


def _remake(db: sqlite3.Connection, path: Path, form: Form, old: Mapping[str, str]) -> None:
    """Create missing tables; the contents of the `old` ones are carried over."""
    db.execute("BEGIN IMMEDIATE")
    try:
        for name in old:
            db.execute(f"ALTER TABLE {name} RENAME TO old_{name}")
        there = _tables(db)
        for name, sql in _wanted(form).items():
            if name not in there:
                db.execute(sql)
        if old:
            form.upgrade(db, path, frozenset(old))
        for name in old:
            db.execute(f"DROP TABLE old_{name}")
        db.execute(f"PRAGMA user_version = {form.version}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    if old:
        db.execute("VACUUM")
        log.info(phrase("{name} was converted to the format of this version.", name=path.name))


def _tables(db: sqlite3.Connection) -> dict[str, str]:
    """Name and definition of each table."""
    return dict(db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall())


def _wanted(form: Form) -> dict[str, str]:
    """The tables of the form, as SQLite stores their definition."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(form.schema)
        return _tables(db)


def _keys(db: sqlite3.Connection, table: str) -> list[str]:
    """The columns of the primary key, in order."""
    columns = db.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE pk ORDER BY pk")
    return [name for (name,) in columns]


def _salvage(aside: Path, db: sqlite3.Connection, form: Form) -> int:
    """Copies the intact rows that can be read, from both ends up to the damage; their number."""
    copied = 0
    try:
        with closing(sqlite3.connect(aside, timeout=BUSY_S, isolation_level=None)) as damaged:
            damaged.execute("PRAGMA writable_schema = ON")  # else a damaged one is not read at all
            for name, sql in _wanted(form).items():
                mend = "UPDATE sqlite_master SET sql = ? WHERE name = ? AND sql IS NOT ?"
                damaged.execute(mend, (sql, name, sql))
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        log.debug("The tables of %s cannot be repaired: %s", aside.name, error)
    try:
        with closing(sqlite3.connect(aside, timeout=BUSY_S, isolation_level=None)) as damaged:
            damaged.text_factory = text_of
            damaged.execute("PRAGMA writable_schema = ON")
            for table in _wanted(form):
                keys = _keys(db, table)
                db.execute("BEGIN IMMEDIATE")
                for order in ("", " DESC"):
                    by = ", ".join(key + order for key in keys)
                    for row in _readable(damaged, f"SELECT * FROM {table} ORDER BY {by}"):
                        if sound(row):
                            marks = ", ".join("?" * len(row))
                            added = f"INSERT OR IGNORE INTO {table} VALUES ({marks})"
                            copied += db.execute(added, row).rowcount
                db.execute("COMMIT")
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        log.warning(
            phrase("Only part of {name} can be read ({text}).", name=aside.name, text=error)
        )
    return copied


def _readable(db: sqlite3.Connection, select: str) -> Iterator[Row]:
    """The rows until the first that cannot be read."""
    try:
        yield from db.execute(select)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        log.debug("%s: %s", select, error)
