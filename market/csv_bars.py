"""Day bars from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from market.bar_checks import NEAR_DAYS, QUOTES_SOURCE, coverage
from market.csv_checks import Row, TwoScales, refusals
from market.history import Filled, Loaded, last_final_day, merge
from market.models import Bar, Index, load_calendar
from market.sessions import Calendar
from market.sources.base import SourceBar
from market.sources.fields import LARGEST_AMOUNT, LARGEST_PRICE, SMALLEST_PRICE
from marketsite import clock

CSV_SOURCE = "csv"
YIELDING = frozenset({CSV_SOURCE, QUOTES_SOURCE})  # bars that a file writes over
LARGEST_CSV_BYTES = 50_000_000
COLUMNS = ("time", "close", "open", "high", "low", "volume")


class CsvError(Exception):
    """The file cannot be loaded; the message names the line where there is one."""


def load_csv(index: Index, path: Path, *, dry_run: bool = False, replace: bool = False) -> Loaded:
    """Store the day bars of a CSV file; of a date that stands twice the last row counts.

    The columns Time, Close, Open, High, Low, Volume may stand in any order; others are ignored.
    Rows that cannot be believed are told and left out; with `replace` stored closes do not speak
    against them. A file corrects an earlier one; a source's bar that differs is kept unless
    `replace`. Raises CsvError, and then nothing of the file is stored.
    """
    calendar = load_calendar()
    rows, remarks = _read(index.code, path, calendar)
    refused = _refused(rows, {} if replace else _kept_closes(index, rows), calendar)
    bars = {day: row.bar for day, row in rows.items() if day not in refused}
    merged = merge(index, bars.values(), replace=replace, dry_run=dry_run, yielding=YIELDING)
    filled = Filled(
        code=index.code,
        wanted=len(bars),
        stored=merged.stored,
        coverage=coverage(index, min(rows), max(rows), calendar, bars),
    )
    return Loaded(
        {index.code: merged.stored},
        remarks=tuple(remarks),
        refused=tuple(f"line {rows[day].line}: {refused[day]}, refused" for day in sorted(refused)),
        disagreements=merged.disagreements,
        filled=(filled,),
        dry_run=dry_run,
    )


def _refused(
    rows: Mapping[date, Row], stored: Mapping[date, Decimal], calendar: Calendar
) -> dict[date, str]:
    try:
        return refusals(rows, stored, calendar)
    except TwoScales as error:
        raise CsvError(str(error)) from None


def _kept_closes(index: Index, rows: Mapping[date, Row]) -> dict[date, Decimal]:
    """The stored closes on and about the file's days that the file does not write over."""
    about = (min(rows) - NEAR_DAYS, max(rows) + NEAR_DAYS)
    bars = Bar.objects.filter(index=index, simulated=False, day__range=about)
    known = bars.values_list("day", "close", "source")
    return {day: close for day, close, source in known if day not in rows or source not in YIELDING}


def _read(code: str, path: Path, calendar: Calendar) -> tuple[dict[date, Row], list[str]]:
    """The file's rows by day, and what is odd about them."""
    rows: dict[date, Row] = {}
    remarks = []
    last_final = last_final_day(clock.now(), calendar)
    for line, bar in _rows(code, path):
        if bar.day > last_final:
            raise CsvError(f"line {line}: {bar.day} is not over yet")
        if bar.day in rows:
            remarks.append(f"line {line}: {bar.day} stands twice, the later row is kept")
        if not bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high:
            remarks.append(f"line {line}: {bar.day} opens or closes outside its range, kept as is")
        rows[bar.day] = Row(line, bar)
    if not rows:
        raise CsvError("the file holds no rows")
    return rows, remarks


def _rows(code: str, path: Path) -> Iterator[tuple[int, SourceBar]]:
    try:
        if path.stat().st_size > LARGEST_CSV_BYTES:
            raise CsvError(f"the file is larger than {LARGEST_CSV_BYTES} bytes")
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = {(name or "").strip().lower(): name for name in reader.fieldnames or []}
            absent = [name for name in COLUMNS if name not in columns]
            if absent:
                raise CsvError(f"line 1: no column {', '.join(absent)}")
            for row in reader:
                cells = {name: row[columns[name]] for name in COLUMNS}
                other = row.get(columns.get("symbol") or "", None)
                if other and other.strip().upper() != code:
                    raise CsvError(f"line {reader.line_num}: symbol is {other}, not {code}")
                yield reader.line_num, _bar(code, cells, reader.line_num)
    except OSError as error:
        raise CsvError(f"cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CsvError(f"cannot be read: {error}") from error


def _bar(code: str, cells: dict[str, str | None], line: int) -> SourceBar:
    try:
        prices = {name: Decimal(cells[name] or "") for name in ("open", "high", "low", "close")}
        day = datetime.fromisoformat((cells["time"] or "").strip()).date()
        volume = Decimal(cells["volume"]) if cells["volume"] else None
    except (InvalidOperation, ValueError):
        raise CsvError(f"line {line}: a price, the volume or the time is not readable") from None
    if not all(_in_range(price, SMALLEST_PRICE, LARGEST_PRICE) for price in prices.values()):
        raise CsvError(f"line {line}: a price is zero or out of range")
    if volume is not None and not _in_range(volume, 0, LARGEST_AMOUNT):
        raise CsvError(f"line {line}: the volume is out of range")
    if prices["high"] < prices["low"]:
        raise CsvError(f"line {line}: high is below low")
    return SourceBar(
        code=code,
        day=day,
        volume=None if volume is None else int(volume),
        source=CSV_SOURCE,
        **prices,
    )


def _in_range(number: Decimal, smallest: Decimal | int, largest: int) -> bool:
    return number.is_finite() and smallest <= number <= largest
