"""Day bars: back-filled from the sources, from CSV, or from the demo feed."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from market.models import Bar, Index, load_calendar
from market.refresh import Failure, http_client
from market.sessions import VIETNAM, Session, last_session_day, session_at
from market.snapshot import demo_allowed
from market.sources import BAR_SOURCES, bar_source
from market.sources.base import (
    LARGEST_AMOUNT,
    LARGEST_PRICE,
    SMALLEST_PRICE,
    SourceBar,
    SourceError,
)
from market.sources.codes import names_of
from market.sources.demo import demo_bars
from marketsite import clock

logger = logging.getLogger(__name__)

CSV_SOURCE = "csv"
LARGEST_CSV_BYTES = 50_000_000
COLUMNS = ("time", "close", "open", "high", "low", "volume")


class CsvError(Exception):
    """The file cannot be loaded; the message names the line where there is one."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a back-fill stored: bars by code, source failures, and remarks worth a line each."""

    bars: dict[str, int]
    failures: tuple[Failure, ...] = ()
    remarks: tuple[str, ...] = ()
    simulated: bool = False


def backfill(codes: Sequence[str] = (), count: int | None = None) -> Loaded:
    """Store the last `count` day bars of the named indices, of all active ones by default.

    Bars of a day that still trades are left out: they are not final. When no source answers and
    `MARKET_DEMO` allows it, simulated bars come in, marked as such.
    """
    count = count or settings.MARKET_BACKFILL_BARS
    wanted = Q(code__in=codes) if codes else Q(active=True)
    indices, now = list(Index.objects.filter(wanted)), clock.now()
    # one more than wanted: the newest may be of a day that still trades
    found, failures = _fetch([index.code for index in indices], count + 1, now)
    simulated = not found and _demo_wanted()
    if simulated:
        found = demo_bars([index.code for index in indices], count, now, load_calendar())
    last_final = _last_final_day(now)
    stored = {
        index.code: store(
            index, [bar for bar in found[index.code] if bar.day <= last_final][-count:], simulated
        )
        for index in indices
        if index.code in found
    }
    logger.info("back-filled bars=%d simulated=%s", sum(stored.values()), simulated)
    return Loaded(stored, tuple(failures), simulated=simulated)


def load_csv(index: Index, path: Path) -> Loaded:
    """Store the day bars of a CSV file; of a date that stands twice the last row counts.

    The columns Time, Close, Open, High, Low, Volume may stand in any order; others are ignored.
    Raises CsvError, and then nothing of the file is stored.
    """
    bars: dict[date, SourceBar] = {}
    remarks = []
    last_final = _last_final_day(clock.now())
    for line, bar in _rows(index.code, path):
        if bar.day > last_final:
            raise CsvError(f"line {line}: {bar.day} is not over yet")
        if bar.day in bars:
            remarks.append(f"line {line}: {bar.day} stands twice, the later row is kept")
        if not bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high:
            remarks.append(f"line {line}: {bar.day} opens or closes outside its range, kept as is")
        bars[bar.day] = bar
    if not bars:
        raise CsvError("the file holds no rows")
    count = store(index, bars.values(), simulated=False)
    return Loaded({index.code: count}, remarks=tuple(remarks))


def store(index: Index, bars: Iterable[SourceBar], simulated: bool) -> int:
    """Insert or correct the bars of an index; returns how many days they cover.

    A real bar replaces a simulated one of its day, never the other way round.
    """
    rows = [
        Bar(
            index=index,
            day=bar.day,
            open=bar.open,
            high=bar.high,
            low=bar.low,
            close=bar.close,
            volume=bar.volume,
            simulated=simulated,
            source=bar.source,
        )
        for bar in bars
    ]
    if simulated:
        Bar.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
        return len(rows)
    with transaction.atomic():
        Bar.objects.bulk_create(
            rows,
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["index", "day"],
            update_fields=["open", "high", "low", "close", "volume", "simulated", "source"],
        )
    return len(rows)


def bars_before(index: Index, day: date, count: int, simulated: bool) -> list[Bar]:
    """The last `count` bars before `day` of one kind, oldest first."""
    wanted = Q(index=index, day__lt=day, simulated=simulated)
    return list(Bar.objects.filter(wanted).order_by("-day")[:count])[::-1]


def _fetch(
    codes: Sequence[str], count: int, now: datetime
) -> tuple[dict[str, tuple[SourceBar, ...]], list[Failure]]:
    found: dict[str, tuple[SourceBar, ...]] = {}
    names = [name for name in settings.MARKET_SOURCES if name in BAR_SOURCES]
    failures = [] if names else [Failure("MARKET_SOURCES", "names no source of day bars")]
    with http_client() as client:
        for name in names:
            missing = [code for code in codes if code not in found]
            if not missing:
                break
            source = bar_source(
                name, client, settings.MARKET_BASE_URLS, settings.MARKET_HEADERS, names_of(name)
            )
            try:
                reply = source.fetch_bars(missing, count, now)
            except SourceError as error:
                logger.warning("source failed source=%s reason=%s", name, error.reason)
                failures.append(Failure(name, error.reason))
                continue
            bars = {code: rows for code, rows in reply.bars.items() if rows}
            found.update(bars)
            reasons = dict.fromkeys(missing, "no bars") | reply.problems
            failures += [Failure(name, reasons[code], code) for code in missing if code not in bars]
    return found, failures


def _demo_wanted() -> bool:
    return demo_allowed() and not Bar.objects.filter(simulated=False).exists()


def _last_final_day(now: datetime) -> date:
    """The newest day whose bar will not change any more."""
    calendar = load_calendar()
    day = last_session_day(now, calendar)
    is_today = now.astimezone(VIETNAM).date() == day
    if is_today and session_at(now, Index.Exchange.UPCOM, calendar) != Session.CLOSED:
        return calendar.previous_trading_day(day)
    return day


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
