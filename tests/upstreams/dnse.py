"""DNSE: charts by minute and day, the last day twice; an unknown symbol is a bad request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from market.sources.chart import Candle
from tests.upstreams.replayed import day_candles, minute_candles
from tests.upstreams.replies import Call, Endpoint, Reply, Stage, Upstream

NAMES = {
    "VNINDEX": "VNINDEX",
    "VN30": "VN30",
    "HNX": "HNXINDEX",
    "HNX30": "HNX30",
    "UPCOM": "UPCOMINDEX",
}


def charts(call: Call, stage: Stage) -> Reply:
    """`GET /chart-api/v2/ohlcs/index?symbol=&resolution=&from=&to=`; weeks and months are empty."""
    code = NAMES.get(call.query.get("symbol", ""))
    if code is None:
        return Reply(fixture="dnse/error_400_invalid_symbol.json")
    candles: dict[str, list[Candle]] = {}
    if call.query.get("resolution") == "1":
        candles = minute_candles(stage)
    elif call.query.get("resolution") == "1D":
        candles = {code: _stamped(rows) for code, rows in day_candles(stage).items()}
    return Reply(body={**columns(candles.get(code, []), call), "nextTime": 0})


def columns(candles: list[Candle], call: Call) -> dict[str, list[Any]]:
    """The candles between the call's `from` and `to`, one list a column."""
    first, last = int(call.query["from"]), int(call.query["to"])
    rows = [row for row in candles if first <= row.start.timestamp() <= last]
    return {
        "t": [int(row.start.timestamp()) for row in rows],
        "o": [float(row.open) for row in rows],
        "h": [float(row.high) for row in rows],
        "l": [float(row.low) for row in rows],
        "c": [float(row.close) for row in rows],
        "v": [row.volume or 0 for row in rows],
    }


def _stamped(days: list[Candle]) -> list[Candle]:
    """Stamped 02:00 UTC, with a fragment of the last day before it."""
    fragment = replace(days[-1], high=days[-1].open, low=days[-1].open, close=days[-1].open)
    shifted = [replace(day, start=day.start + timedelta(hours=2)) for day in days]
    return [*shifted[:-1], replace(fragment, volume=0), shifted[-1]]


UPSTREAM = Upstream(
    setting="DNSE_BASE_URL",
    endpoints=(Endpoint("dnse.charts", "GET", "/chart-api/v2/ohlcs/index", charts),),
    failures={
        "blocked": Reply(status=403, body="<html><body>403 Forbidden</body></html>"),
        "down": Reply(status=503, body="<html><body>503</body></html>"),
    },
)
