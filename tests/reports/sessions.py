"""Seven sessions as the analyst meets them, and the replay of real ones from the stored history."""

from __future__ import annotations

import csv
import json
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from market.sessions import Calendar
from reports.analysis import BarInput, CryptoInput, IndexInput, MarketData, build_facts
from reports.facts import FactSheet
from tests.reports.test_facts import FIXTURES, history

FOLDER = FIXTURES / "sessions"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))
TIMES = ("as_of",)
NUMBERS = ("price", "previous_close", "open", "high", "low")
YEAR = 260


def session(name: str) -> dict[str, Any]:
    """A committed session: indices, edition, and the texts that are expected of it."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))  # type: ignore[no-any-return]


def sheet_of(data: dict[str, Any]) -> FactSheet:
    """Its facts; the bars before it are a random walk, the same on every run."""
    indices = tuple(_index(row) for row in data["indices"])
    bars = {index.code: history(index, data["sessions"]) for index in indices if index.price}
    crypto = data["crypto"]
    overview = crypto and CryptoInput(
        datetime.fromisoformat(crypto["as_of"]),
        {name: Decimal(str(value)) for name, value in crypto["figures"].items()},
        dict.fromkeys(crypto["figures"], "coingecko"),
    )
    now = datetime.fromisoformat(data["now"])
    return build_facts(MarketData(indices, bars, now, False, Calendar(), overview))


def _index(row: dict[str, Any]) -> IndexInput:
    known = {field.name for field in fields(IndexInput)}
    assert row.keys() <= known
    values = {name: Decimal(str(row[name])) for name in NUMBERS if row.get(name) is not None}
    times = {name: datetime.fromisoformat(row[name]) for name in TIMES if row.get(name)}
    return IndexInput(**{**row, **values, **times})


@lru_cache(maxsize=1)
def real_bars() -> tuple[dict[str, str], ...]:
    """VN-Index day by day, 2015 to 2023; the one day that stands twice is taken once."""
    path = FIXTURES / "history" / "VNINDEX_daily_2015_2023_MIT.csv"
    with path.open(newline="") as file:
        rows = {row["Time"][:10]: row for row in reversed(list(csv.DictReader(file)))}
    return tuple(rows[day] for day in sorted(rows))


@lru_cache(maxsize=1)
def real_calendar() -> Calendar:
    """The days on which the exchange traded in those years."""
    traded = {_day(row) for row in real_bars()}
    first, last = min(traded), max(traded)
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    closed = frozenset(day for day in days if day.weekday() < 5 and day not in traded)
    return Calendar(closed, frozenset(day for day in traded if day.weekday() > 4))


def real_sheet(at: int, previous: FactSheet | None = None) -> FactSheet:
    """The facts after the close of the session at that place in the history."""
    row, before = real_bars()[at], real_bars()[at - 1]
    day = _day(row)
    as_of = datetime(day.year, day.month, day.day, 7, 45, tzinfo=UTC)
    index = IndexInput(
        code="VNINDEX",
        key="vnindex",
        exchange="HOSE",
        price=Decimal(row["Close"]),
        previous_close=Decimal(before["Close"]),
        open=Decimal(row["Open"]),
        high=Decimal(row["High"]),
        low=Decimal(row["Low"]),
        volume=int(row["Volume"]),
        as_of=as_of,
        source="vietcap",
    )
    bars = [_bar(item) for item in real_bars()[max(at - YEAR, 0) : at]]
    now = as_of + timedelta(minutes=25)
    calendar = real_calendar()
    return build_facts(
        MarketData((index,), {"VNINDEX": bars}, now, False, calendar, previous=previous)
    )


def _bar(row: dict[str, str]) -> BarInput:
    high, low, close = (Decimal(row[name]) for name in ("High", "Low", "Close"))
    return BarInput(_day(row), high, low, close, int(row["Volume"]), "csv")


def _day(row: dict[str, str]) -> date:
    return date.fromisoformat(row["Time"][:10])
