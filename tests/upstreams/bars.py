"""Day bars in Vietcap's shape: a generated year that joins onto the sample's own bars."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

from market.sessions import Calendar
from tests.upstreams.replies import load

Chart = dict[str, Any]
Prices = tuple[float, ...]  # open, high, low, close

SAMPLE = "vietcap/gap_chart_ok_1d.json"
LAST_DAY = "vndirect/vnmarket_prices_ok.json"
SAMPLE_NAMES = {"HNX": "HNXIndex", "HNX30": "HNX30", "UPCOM": "HNXUpcomIndex"}
SESSIONS = 300


@lru_cache(maxsize=1)
def year_of_charts() -> list[Chart]:
    """300 day bars per index up to 21 August 2026, the same on every run.

    VNINDEX and VN30 end with the sample's three bars, the others with the replayed day's own.
    """
    sampled = [_joined(row["symbol"], *_bars_of(row)) for row in load(SAMPLE)]
    rows = [row for row in load(LAST_DAY)["data"] if row["code"] in SAMPLE_NAMES]
    return sampled + [_joined(SAMPLE_NAMES[row["code"]], *_bar_of(row)) for row in rows]


def chart(
    symbol: str, stamps: Sequence[int], prices: Sequence[Prices], volumes: Sequence[int]
) -> Chart:
    """One row of the gap-chart answer; stamps are unix seconds of 00:00 UTC."""
    opens, highs, lows, closes = (list(column) for column in zip(*prices, strict=True))
    return {
        "symbol": symbol,
        "o": opens,
        "h": highs,
        "l": lows,
        "c": closes,
        "v": list(volumes),
        "t": [str(stamp) for stamp in stamps],
        "accumulatedVolume": [0] * len(volumes),
        "accumulatedValue": [0.0] * len(volumes),
        "minBatchTruncTime": str(stamps[0]),
    }


def _bars_of(row: Chart) -> tuple[float, list[int], list[Prices], list[int]]:
    """The close before the sample's first bar, then its stamps, prices and volumes."""
    prices: list[Prices] = list(zip(row["o"], row["h"], row["l"], row["c"], strict=True))
    return row["o"][0], [int(stamp) for stamp in row["t"]], prices, row["v"]


def _bar_of(row: dict[str, Any]) -> tuple[float, list[int], list[Prices], list[int]]:
    before = round(row["close"] - row["change"], 2)
    prices = (row["open"], row["high"], row["low"], row["close"])
    stamp = _stamp(date.fromisoformat(row["date"]))
    return before, [stamp], [prices], [int(row["accumulatedVol"])]


def _joined(
    symbol: str, before: float, stamps: list[int], prices: list[Prices], volumes: list[int]
) -> Chart:
    """The bars with generated ones in front, the last of which closes at `before`."""
    calendar = Calendar()
    day = datetime.fromtimestamp(stamps[0], UTC).date()
    close = before
    stamps, prices, volumes = list(stamps), list(prices), list(volumes)
    usual = volumes[-1]
    while len(stamps) < SESSIONS:
        day = calendar.previous_trading_day(day)
        opened = round(close / (1.0005 + 0.011 * _noise(symbol, day, "move")), 2)
        reach = 0.001 + 0.004 * abs(_noise(symbol, day, "range"))
        high, low = max(opened, close) * (1 + reach), min(opened, close) * (1 - reach)
        stamps.insert(0, _stamp(day))
        prices.insert(0, (opened, round(high, 2), round(low, 2), close))
        volumes.insert(0, int(usual * (0.9 + 0.25 * _noise(symbol, day, "volume"))))
        close = opened
    return chart(symbol, stamps, prices, volumes)


def _stamp(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _noise(symbol: str, day: date, what: str) -> float:
    """A number in [-1, 1) that only depends on its arguments."""
    digest = hashlib.sha256(f"{symbol}/{day}/{what}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**47 - 1
