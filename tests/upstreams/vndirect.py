"""VNDirect: finfo's rows filtered by `q`, and dchart's bars; a wrong code gives none of either."""

from __future__ import annotations

from typing import Any

from market.sessions import VIETNAM, Calendar
from market.sources.base import SourceQuote
from market.sources.demo import demo_quotes
from tests.upstreams.dnse import columns
from tests.upstreams.replayed import day_candles
from tests.upstreams.replies import Call, Endpoint, Reply, Stage, Upstream, load

CODES = {
    "VNINDEX": ("VNINDEX", "HOSE", "COMPOSITE"),
    "VN30": ("VN30", "HOSE", "BASKET"),
    "HNXINDEX": ("HNX", "HNX", "COMPOSITE"),
    "HNX30": ("HNX30", "HNX", "BASKET"),
    "UPCOMINDEX": ("UPCOM", "UPCOM", "COMPOSITE"),
}
CLOSE = "vndirect/vnmarket_prices_ok.json"
INTRADAY = "vndirect/vnmarket_prices_intraday.json"


def prices(call: Call, stage: Stage) -> Reply:
    """`GET /v4/vnmarket_prices?q=code:A,B~date:YYYY-MM-DD&size=20`."""
    filters = dict(part.split(":", 1) for part in call.query.get("q", "").split("~") if ":" in part)
    codes = filters["code"].split(",") if "code" in filters else None
    rows = [
        row
        for row in _rows(stage)
        if (codes is None or row["code"] in codes)
        and row["date"] == filters.get("date", row["date"])
    ]
    size = max(int(call.query.get("size", "20")), 1)
    return Reply(body=_envelope(rows, size))


def charts(call: Call, stage: Stage) -> Reply:
    """`GET /dchart/history?symbol=&resolution=D&from=&to=`: JSON that calls itself text."""
    symbol = call.query.get("symbol")
    code = next((code for code, names in CODES.items() if names[0] == symbol), "")
    days = day_candles(stage).get(code, []) if call.query.get("resolution") == "D" else []
    body = {**columns(days, call), "s": "ok"}
    return Reply(body=body, headers={"Content-Type": "text/plain;charset=UTF-8"})


def _envelope(rows: list[dict[str, Any]], size: int) -> dict[str, Any]:
    return {
        "data": rows[:size],
        "currentPage": 1,
        "size": size,
        "totalElements": len(rows),
        "totalPages": -(-len(rows) // size),
    }


def _rows(stage: Stage) -> list[dict[str, Any]]:
    if stage.scenario == "empty":
        return []
    if stage.scenario == "demo":
        return [_demo_row(item) for item in demo_quotes(list(CODES), stage.now(), Calendar())]
    rows: list[dict[str, Any]] = load(
        INTRADAY if stage.scenario in {"intraday", "lunch"} else CLOSE
    )["data"]
    return [{**row, "time": "11:30:00"} for row in rows] if stage.scenario == "lunch" else rows


def _demo_row(quote: SourceQuote) -> dict[str, Any]:
    code, floor, kind = CODES[quote.code]
    local = quote.as_of.astimezone(VIETNAM)
    change = quote.price - quote.previous_close
    volume, value = float(quote.volume or 0), float(quote.value or 0)
    return {
        "code": code,
        "floor": floor,
        "date": f"{local:%Y-%m-%d}",
        "time": f"{local:%H:%M:%S}",
        "type": kind,
        "open": float(quote.open or 0),
        "high": float(quote.high or 0),
        "low": float(quote.low or 0),
        "close": float(quote.price),
        "change": float(change),
        "pctChange": round(float(change / quote.previous_close * 100), 4),
        "accumulatedVol": volume,
        "accumulatedVal": value,
        "nmVolume": volume,
        "nmValue": value,
        "ptVolume": 0.0,
        "ptValue": 0.0,
        "advances": float(quote.advances or 0),
        "declines": float(quote.declines or 0),
        "noChange": float(quote.unchanged or 0),
        "noTrade": 0.0,
        "ceilingStocks": float(quote.ceilings or 0),
        "floorStocks": float(quote.floors or 0),
        "valChgPctCr1d": 0.0,
    }


FAILURES = {
    "blocked": Reply(fixture="vndirect/error_403_geo.json"),
    "down": Reply(status=503, body="<html><body>503</body></html>"),
}
UPSTREAM = Upstream(
    setting="VNDIRECT_BASE_URL",
    endpoints=(Endpoint("vndirect.quotes", "GET", "/v4/vnmarket_prices", prices),),
    failures=FAILURES,
)
CHART = Upstream(
    setting="VNDIRECT_CHART_BASE_URL",
    endpoints=(Endpoint("vndirect_chart.bars", "GET", "/dchart/history", charts),),
    failures=FAILURES,
)
