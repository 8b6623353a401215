"""Binance: tickers and daily candles. One unknown symbol fails the whole call."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.upstreams.replayed import moment
from tests.upstreams.replies import Call, Endpoint, Reply, Stage, Upstream, load

TICKERS = "binance/ticker_24hr_ok.json"
CANDLES = "binance/klines_btcusdt_1d_ok.json"
BAD_SYMBOL = Reply(fixture="binance/error_400_bad_symbol.json")
RECORDED = datetime(2026, 8, 21, 3, 21, 30, tzinfo=UTC)
CLOSE = 4
PRICES = (1, 2, 3, CLOSE)
TIMES = (0, 6)
DAY = timedelta(days=1)


def tickers(call: Call, stage: Stage) -> Reply:
    """`GET /api/v3/ticker/24hr?symbols=["BTCUSDT",…]`, as old as recorded at the moment played."""
    if stage.scenario == "empty":
        return Reply(body=[])
    symbols = json.loads(call.query.get("symbols", "[]"))
    rows = {row["symbol"]: row for row in load(TICKERS)}
    if not symbols or not set(symbols) <= set(rows):
        return BAD_SYMBOL
    later = _milliseconds(moment(stage) - RECORDED)
    return Reply(
        body=[
            rows[symbol] | {name: rows[symbol][name] + later for name in ("openTime", "closeTime")}
            for symbol in symbols
        ]
    )


def candles(call: Call, stage: Stage) -> Reply:
    """`GET /api/v3/klines?symbol=&interval=1d&limit=`: Bitcoin's days, scaled for other coins."""
    if stage.scenario == "empty":
        return Reply(body=[])
    prices = {row["symbol"]: float(row["lastPrice"]) for row in load(TICKERS)}
    symbol = call.query.get("symbol", "")
    if symbol not in prices or call.query.get("interval") != "1d":
        return BAD_SYMBOL
    later = _milliseconds((moment(stage).date() - RECORDED.date()) // DAY * DAY)
    scale = prices[symbol] / prices["BTCUSDT"]
    rows = [_moved(row, later, scale) for row in load(CANDLES)]
    return Reply(body=rows[-int(call.query.get("limit", "500")) :])


def _moved(row: list[Any], later: int, scale: float) -> list[Any]:
    moved = list(row)
    for position in TIMES:
        moved[position] += later
    if scale != 1:
        for position in PRICES:
            moved[position] = f"{float(row[position]) * scale:.8f}"
    return moved


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


UPSTREAM = Upstream(
    setting="BINANCE_BASE_URL",
    endpoints=(
        Endpoint("binance.tickers", "GET", "/api/v3/ticker/24hr", tickers),
        Endpoint("binance.candles", "GET", "/api/v3/klines", candles),
    ),
    failures={
        "blocked": Reply(fixture="binance/error_451_restricted.json"),
        "down": Reply(status=503, body="<html><body>503</body></html>"),
    },
)
