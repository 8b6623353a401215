"""Reads the replaced system's tables, one row after the other: plain values, no Django.

From an SQLite file, a PostgreSQL address, or JSON: an object with a list for each table, a bare
list of one table's rows, or JSON lines. Memory holds one row (JSON in one piece: the file).
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extras import RealDictCursor

TABLES = {
    "crypto_report": (
        "html_content",
        "css_content",
        "js_content",
        "html_content_en",
        "js_content_en",
        "created_at",
    ),
    "articles": (
        "title",
        "content",
        "summary",
        "symbol",
        "report_type",
        "is_published",
        "created_at",
        "updated_at",
    ),
}
NEEDED = {"crypto_report": ("html_content", "created_at"), "articles": ("title", "created_at")}
MAX_JSON = 200_000_000  # bytes of a JSON file that is read in one piece
CHUNK = 20
FIRST_YEAR, LAST_YEAR = 1900, 2999  # beyond, times have no place in every zone, nor in the archive
SQLITE_HEAD = b"SQLite format 3\0"

Raw = Mapping[str, Any]


class SourceFault(Exception):
    """The source cannot be read at all."""


class RowFault(ValueError):
    """One row that cannot be imported, and why."""


@dataclass(frozen=True, slots=True)
class OldRow:
    """A row as the old system held it; times are aware."""

    table: str
    number: int
    created_at: datetime
    html: str
    html_en: str = ""
    css: str = ""
    js: str = ""
    js_en: str = ""
    title: str = ""
    summary: str = ""
    symbol: str = ""
    report_type: str = ""
    was_public: bool = True
    rest: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: from a number on, of these tables."""

    tables: Sequence[str] = tuple(TABLES)
    first: int = 0


def rows(source: str, wanted: Wanted) -> Iterator[tuple[str, Raw]]:
    """Each row with its table, table by table in the order of the numbers; raises SourceFault."""
    if source.startswith(("postgresql://", "postgres://")):
        return _from_postgresql(source, wanted)
    path = Path(source)
    try:
        with path.open("rb") as file:
            head = file.read(len(SQLITE_HEAD))
    except OSError as error:
        raise SourceFault(f"{source}: {error.strerror}") from None
    return _from_sqlite(path, wanted) if head == SQLITE_HEAD else _from_json(path, wanted)


def read(table: str, raw: Raw, naive_in: tzinfo) -> OldRow:
    """The row's values, checked; a time without an offset is of `naive_in`. Raises RowFault."""
    for name in NEEDED[table]:
        if raw.get(name) in (None, ""):
            raise RowFault(f"{name} is empty")
    created = _moment(raw["created_at"], naive_in)
    number = number_of(raw)
    rest = {name: _plain(raw.get(name)) for name in raw if not _is_markup(table, name)}
    if table == "crypto_report":
        return OldRow(
            table,
            number,
            created,
            html=_text(raw, "html_content"),
            html_en=_text(raw, "html_content_en"),
            css=_text(raw, "css_content"),
            js=_text(raw, "js_content"),
            js_en=_text(raw, "js_content_en"),
            rest=rest,
        )
    return OldRow(
        table,
        number,
        created,
        html=_text(raw, "content"),
        title=_text(raw, "title"),
        summary=_text(raw, "summary"),
        symbol=_text(raw, "symbol"),
        report_type=_text(raw, "report_type"),
        was_public=raw.get("is_published") in (True, 1, "1", "t", "true"),
        rest=rest,
    )


def number_of(raw: Raw) -> int:
    number = raw.get("id")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**63:
        raise RowFault("id is no number")
    return number


def _is_markup(table: str, name: str) -> bool:
    """What has a column of its own where the original is kept."""
    return name == "content" if table == "articles" else name.startswith(("html_", "css_", "js_"))


def _text(raw: Raw, name: str) -> str:
    value = raw.get(name)
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if not isinstance(value, str):
        raise RowFault(f"{name} is no text")
    # half a character, as JSON can spell it, has no place in UTF-8
    return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    if isinstance(value, float) and not math.isfinite(value):  # JSON has no such number
        return str(value)
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _moment(value: Any, naive_in: tzinfo) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise RowFault(f"created_at is no time: {value[:40]}") from None
    if not isinstance(value, datetime):
        raise RowFault("created_at is no time")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise RowFault("created_at is out of range")
    aware = value if value.tzinfo else value.replace(tzinfo=naive_in)
    return aware.astimezone(UTC)


# The three kinds of source


def _from_sqlite(path: Path, wanted: Wanted) -> Iterator[tuple[str, Raw]]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            # a file from elsewhere: what its views call is not ours
            database.execute("PRAGMA trusted_schema = OFF")
            database.row_factory = sqlite3.Row
            # text that is not UTF-8 is kept as far as it can be read
            database.text_factory = lambda octets: octets.decode(errors="replace")
            there = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            for table in _known(there, wanted, str(path)):
                question = f"SELECT * FROM {table} WHERE id >= ? ORDER BY id"  # noqa: S608 (ours)
                for row in database.execute(question, (wanted.first,)):
                    yield table, dict(row)
    except sqlite3.Error as error:
        raise SourceFault(f"{path}: {error}") from None


def _from_postgresql(address: str, wanted: Wanted) -> Iterator[tuple[str, Raw]]:
    """Through a cursor of the server's, so that no result is held here."""
    try:
        with closing(psycopg2.connect(address, connect_timeout=10)) as connection:
            connection.set_session(readonly=True, isolation_level="REPEATABLE READ")
            with connection.cursor() as plain:
                plain.execute(
                    "SELECT name FROM unnest(%s) AS name WHERE to_regclass(name) IS NOT NULL",
                    (list(TABLES),),
                )
                there = {name for (name,) in plain.fetchall()}
            for table in _known(there, wanted, "the database"):
                with connection.cursor("import", cursor_factory=RealDictCursor) as cursor:
                    cursor.itersize = CHUNK
                    question = sql.SQL("SELECT * FROM {} WHERE id >= %s ORDER BY id")
                    cursor.execute(question.format(sql.Identifier(table)), (wanted.first,))
                    for row in cursor:
                        yield table, row
    except psycopg2.Error as error:
        reason = str(error).strip().splitlines()  # never the address: it holds a password
        raise SourceFault(f"PostgreSQL: {reason[0] if reason else type(error).__name__}") from None


def _known(there: set[str], wanted: Wanted, where: str) -> list[str]:
    found = [table for table in wanted.tables if table in there]
    if not found:
        raise SourceFault(f"{where}: holds no table {' or '.join(wanted.tables)}")
    return found


def _from_json(path: Path, wanted: Wanted) -> Iterator[tuple[str, Raw]]:
    if path.suffix in {".jsonl", ".ndjson"}:
        yield from _from_lines(path, wanted)
        return
    if path.stat().st_size > MAX_JSON:
        raise SourceFault(f"{path}: over {MAX_JSON:,} bytes; export it as JSON lines (.jsonl)")
    try:
        given = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise SourceFault(f"{path}: neither an SQLite file nor JSON") from None
    lists = {_table_of(given[0]): given} if isinstance(given, list) and given else given
    if not isinstance(lists, dict) or not all(isinstance(part, list) for part in lists.values()):
        raise SourceFault(f"{path}: holds no list of rows")
    for table in _known(set(lists), wanted, str(path)):
        yield from ((table, _row(row)) for row in lists[table] if _is_wanted(row, wanted))


def _from_lines(path: Path, wanted: Wanted) -> Iterator[tuple[str, Raw]]:
    """One row in each line; its table is told by `table`, or by its fields."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = _row(json.loads(line))
            except (ValueError, RecursionError):
                raise SourceFault(f"{path}: line {number} is no JSON") from None
            table = row.get("table") or _table_of(row)
            if table in wanted.tables and _is_wanted(row, wanted):
                yield table, {name: value for name, value in row.items() if name != "table"}


def _row(value: Any) -> Raw:
    return value if isinstance(value, dict) else {}


def _table_of(row: Any) -> str:
    return "crypto_report" if "html_content" in _row(row) else "articles"


def _is_wanted(row: Any, wanted: Wanted) -> bool:
    number = _row(row).get("id")
    return not isinstance(number, int) or number >= wanted.first
