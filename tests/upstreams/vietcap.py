"""Vietcap: the index list and the chart. Symbols in any other spelling are silently left out."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from market.sessions import Calendar
from market.sources.base import SourceBar, SourceQuote
from market.sources.demo import demo_bars, demo_quotes
from tests.upstreams.bars import Chart, chart, year_of_charts
from tests.upstreams.replies import Call, Endpoint, Reply, Stage, Upstream, load

CODES = {
    "VNINDEX": ("VNINDEX", "HSX", "001"),
    "VN30": ("VN30", "HSX", "101"),
    "HNXINDEX": ("HNXIndex", "HNX", "002"),
    "HNX30": ("HNX30", "HNX", "HNX30"),
    "UPCOMINDEX": ("HNXUpcomIndex", "UPCOM", "301"),
}
LISTS = {
    "eod": "vietcap/marketindex_getlist_ok_eod.json",
    "long": "vietcap/marketindex_getlist_ok_eod.json",
    "intraday": "vietcap/marketindex_getlist_ok_intraday.json",
    "lunch": "vietcap/marketindex_getlist_lunch.json",
    "partial": "vietcap/marketindex_getlist_partial_missing_hnx30.json",
    "null_price": "vietcap/marketindex_getlist_null_price.json",
    "empty": "vietcap/marketindex_getlist_empty.json",
}
# An index that the site does not follow of itself: made from VN30's row, chart included.
VN100 = {"symbol": "VN100", "code": "102", "price": 1850.37, "refPrice": 1815.2}
BAD_REQUEST = Reply(fixture="vietcap/error_400.json")
MINUTE_CHARTS = "vietcap/gap_chart_ok_1m.json"
DAY_CHARTS = "vietcap/gap_chart_ok_1d.json"


def quotes(call: Call, stage: Stage) -> Reply:
    """`POST /api/price/marketIndex/getList`."""
    symbols = _symbols(call)
    if symbols is None:
        return BAD_REQUEST
    rows = _demo_rows(stage.now()) if stage.scenario == "demo" else load(LISTS[stage.scenario])
    rows = [*rows, *({**row, **VN100} for row in rows if row["symbol"] == "VN30")]
    return Reply(body=[row for row in rows if row["symbol"] in symbols])


def charts(call: Call, stage: Stage) -> Reply:
    """`POST /api/chart/OHLCChart/gap-chart`: the last `countBack` bars up to `to`."""
    symbols, body = _symbols(call), call.json()
    if symbols is None or not all(_is_count(body.get(name)) for name in ("to", "countBack")):
        return BAD_REQUEST
    found = _charts(str(body.get("timeFrame")), stage)
    found = [*found, *({**row, "symbol": "VN100"} for row in found if row["symbol"] == "VN30")]
    wanted = [_cut(row, body["to"], body["countBack"]) for row in found if row["symbol"] in symbols]
    return Reply(body=[row for row in wanted if row["t"]])


def _symbols(call: Call) -> list[str] | None:
    body = call.json()
    symbols = body.get("symbols") if isinstance(body, dict) else None
    return symbols if isinstance(symbols, list) else None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value > 0


def _charts(frame: str, stage: Stage) -> list[Chart]:
    if stage.scenario == "empty" or frame not in {"ONE_DAY", "ONE_MINUTE"}:
        return []
    if frame == "ONE_MINUTE":
        minutes: list[Chart] = load(MINUTE_CHARTS)
        return minutes
    if stage.scenario == "long":
        return year_of_charts()
    if stage.scenario == "demo":
        bars = demo_bars(list(CODES), 300, stage.now(), Calendar())
        return [_demo_chart(CODES[code][0], rows) for code, rows in bars.items()]
    days: list[Chart] = load(DAY_CHARTS)
    return days


def _cut(row: Chart, until: int, count: int) -> Chart:
    last = sum(int(stamp) <= until for stamp in row["t"])
    lists = {
        name: values[max(last - count, 0) : last]
        for name, values in row.items()
        if isinstance(values, list)
    }
    return {**row, **lists, "minBatchTruncTime": next(iter(lists["t"]), "")}


def _demo_rows(now: datetime) -> list[dict[str, Any]]:
    return [_demo_row(quote, now) for quote in demo_quotes(list(CODES), now, Calendar())]


def _demo_row(quote: SourceQuote, now: datetime) -> dict[str, Any]:
    symbol, board, code = CODES[quote.code]
    change = quote.price - quote.previous_close
    return {
        "board": board,
        "symbol": symbol,
        "price": float(quote.price),
        "refPrice": float(quote.previous_close),
        "change": float(change),
        "changePercent": round(float(change / quote.previous_close * 100), 4),
        "totalShares": quote.volume,
        "totalValue": (quote.value or 0) / 10**6,
        "totalStockIncrease": quote.advances,
        "totalStockDecline": quote.declines,
        "totalStockNoChange": quote.unchanged,
        "totalStockCeiling": quote.ceilings,
        "totalStockFloor": quote.floors,
        "estimatedChange": 0,
        "estimatedFsp": float(quote.previous_close),
        "code": code,
        "messageType": "M1",
        "time": _stamp(quote.as_of),
        "sendingTime": _stamp(now),
    }


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _demo_chart(symbol: str, bars: tuple[SourceBar, ...]) -> Chart:
    days = [int(datetime.combine(bar.day, time(), UTC).timestamp()) for bar in bars]
    return chart(
        symbol,
        days,
        [tuple(map(float, (bar.open, bar.high, bar.low, bar.close))) for bar in bars],
        [bar.volume or 0 for bar in bars],
    )


UPSTREAM = Upstream(
    setting="VIETCAP_BASE_URL",
    endpoints=(
        Endpoint("vietcap.quotes", "POST", "/api/price/marketIndex/getList", quotes),
        Endpoint("vietcap.bars", "POST", "/api/chart/OHLCChart/gap-chart", charts),
    ),
    failures={
        "blocked": Reply(fixture="vietcap/error_403_waf_html.json"),
        "down": Reply(fixture="vietcap/error_503.json"),
    },
)
