"""KB Securities: bars newest first, the newest row's numbers as text, the others' as numbers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from market.sessions import VIETNAM
from market.sources.chart import Candle
from tests.upstreams.replayed import day_candles, minute_candles
from tests.upstreams.replies import Call, Endpoint, Reply, Stage, Upstream

PATH = "/iis-server/investment/index/*/"
NAMES = ("VNINDEX", "VN30", "HNXINDEX", "HNX30", "UPCOMINDEX")  # as ours


def days(call: Call, stage: Stage) -> Reply:
    """`GET …/<code>/data_day?sdate=DD-MM-YYYY&edate=DD-MM-YYYY`."""
    return _answer(call, "data_day", day_candles(stage))


def minutes(call: Call, stage: Stage) -> Reply:
    """`GET …/<code>/data_1P?sdate=DD-MM-YYYY&edate=DD-MM-YYYY`."""
    return _answer(call, "data_1P", minute_candles(stage))


def _answer(call: Call, frame: str, candles: dict[str, list[Candle]]) -> Reply:
    symbol = call.path.split("/")[-2]
    first, last = _date(call, "sdate"), _date(call, "edate")
    wanted = [row for row in candles.get(symbol, []) if first <= row.day <= last]
    rows = [_row(candle, as_text=not back) for back, candle in enumerate(reversed(wanted))]
    return Reply(body={"symbol": symbol, frame: rows})


def _date(call: Call, name: str) -> date:
    return datetime.strptime(call.query[name], "%d-%m-%Y").date()  # noqa: DTZ007


def _row(candle: Candle, as_text: bool) -> dict[str, Any]:
    prices = {"o": candle.open, "h": candle.high, "l": candle.low, "c": candle.close}
    volume = float(candle.volume or 0)
    row: dict[str, Any] = {
        "t": f"{candle.start.astimezone(VIETNAM):%Y-%m-%d %H:%M}",
        **{name: str(price) if as_text else float(price) for name, price in prices.items()},
        "v": str(volume) if as_text else volume,
    }
    return row | ({} if candle.value is None else {"va": candle.value})


UPSTREAM = Upstream(
    setting="KBS_BASE_URL",
    endpoints=(
        Endpoint("kbs.days", "GET", f"{PATH}data_day", days),
        Endpoint("kbs.minutes", "GET", f"{PATH}data_1P", minutes),
    ),
    failures={
        "blocked": Reply(status=403, body="<html><body>403 Forbidden</body></html>"),
        "down": Reply(status=503, body="<html><body>503</body></html>"),
    },
)
