"""What the market did in each scenario, in our own terms: the vendors below tell the same story."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from market.sessions import VIETNAM, Calendar, expected_as_of
from market.sources.base import SourceQuote
from market.sources.chart import Candle
from market.sources.demo import demo_bars, demo_quotes
from marketsite import clock
from tests.upstreams.bars import year_of_charts
from tests.upstreams.replies import Stage, load
from tests.upstreams.scenarios import SCENARIOS

# Our code: Vietcap's symbol, VNDirect's code, the exchange
INDICES = {
    "VNINDEX": ("VNINDEX", "VNINDEX", "HOSE"),
    "VN30": ("VN30", "VN30", "HOSE"),
    "HNXINDEX": ("HNXIndex", "HNX", "HNX"),
    "HNX30": ("HNX30", "HNX30", "HNX"),
    "UPCOMINDEX": ("HNXUpcomIndex", "UPCOM", "UPCOM"),
}
LISTS = {
    "intraday": "vietcap/marketindex_getlist_ok_intraday.json",
    "lunch": "vietcap/marketindex_getlist_lunch.json",
}
CLOSE_LIST = "vietcap/marketindex_getlist_ok_eod.json"
CLOSE_ROWS = "vndirect/vnmarket_prices_ok.json"
BARS = {"long": 300, "demo": 300}
FEW_BARS = 3
MINUTES = 6
SHARE_VND = 30_000


def moment(stage: Stage) -> datetime:
    """The moment that the scenario plays: its own clock, the server's in the simulated one."""
    scenario = SCENARIOS[stage.scenario]
    return clock.parse(scenario.clock) if scenario.clock else stage.now()


def quotes(stage: Stage) -> dict[str, SourceQuote]:
    """Each index at the scenario's moment by our code; none in the empty scenario."""
    if stage.scenario == "empty":
        return {}
    now = moment(stage)
    if stage.scenario == "demo":
        return {quote.code: quote for quote in demo_quotes(list(INDICES), now, Calendar())}
    listed = {row["symbol"]: row for row in load(LISTS.get(stage.scenario, CLOSE_LIST))}
    ranges = {row["code"]: row for row in load(CLOSE_ROWS)["data"]}
    return {
        code: _quote(code, listed[symbol], ranges[name], now)
        for code, (symbol, name, _) in INDICES.items()
    }


def day_candles(stage: Stage) -> dict[str, list[Candle]]:
    """The day bars by our code, oldest first, the last one of the session itself."""
    count = BARS.get(stage.scenario, FEW_BARS)
    return {
        code: [*_before(code, quote, count - 1, stage), _day_of(quote)]
        for code, quote in quotes(stage).items()
    }


def minute_candles(stage: Stage) -> dict[str, list[Candle]]:
    """The last minutes by our code, oldest first, the last one at the quote's price."""
    return {code: list(_minutes(quote)) for code, quote in quotes(stage).items()}


def _quote(code: str, row: dict[str, Any], day: dict[str, Any], now: datetime) -> SourceQuote:
    price, opened = _number(row["price"]), _number(day["open"])
    closed = row["price"] == day["close"]
    return SourceQuote(
        code=code,
        as_of=expected_as_of(now, INDICES[code][2], Calendar()),
        price=price,
        previous_close=_number(row["refPrice"]),
        open=opened,
        high=_number(day["high"]) if closed else max(price, opened),
        low=_number(day["low"]) if closed else min(price, opened),
        volume=row["totalShares"],
        value=round(row["totalValue"] * 10**6),
        advances=None,
        declines=None,
        unchanged=None,
        ceilings=None,
        floors=None,
        source="replayed",
    )


def _before(code: str, quote: SourceQuote, count: int, stage: Stage) -> list[Candle]:
    today = quote.as_of.astimezone(VIETNAM).date()
    if stage.scenario == "demo":
        bars = demo_bars([code], count, moment(stage), Calendar())[code]
        return [
            Candle(_start(bar.day), bar.open, bar.high, bar.low, bar.close, bar.volume, _value(bar))
            for bar in bars
        ]
    chart = next(row for row in year_of_charts() if row["symbol"] == INDICES[code][0])
    rows = [_candle(*row) for row in zip(*(chart[name] for name in "tohlcv"), strict=True)]
    return [row for row in rows if row.day < today][-count:]


def _candle(stamp: str, *numbers: float) -> Candle:
    *prices, volume = numbers
    opened, high, low, close = (_number(price) for price in prices)
    start = datetime.fromtimestamp(int(stamp), UTC)
    return Candle(start, opened, high, low, close, int(volume), int(volume) * SHARE_VND)


def _day_of(quote: SourceQuote) -> Candle:
    assert quote.open is not None
    assert quote.high is not None
    assert quote.low is not None
    start = _start(quote.as_of.astimezone(VIETNAM).date())
    return Candle(start, quote.open, quote.high, quote.low, quote.price, quote.volume, quote.value)


def _minutes(quote: SourceQuote) -> Iterable[Candle]:
    last = (quote.as_of - timedelta(seconds=1)).replace(second=0, microsecond=0)
    step = Decimal("0.05")
    for back in reversed(range(MINUTES)):
        close = quote.price - back * step
        start = last - timedelta(minutes=back)
        yield Candle(start, close - step, close, close - step, close, 1_200_000, None)


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _value(bar: Any) -> int:
    return int((bar.volume or 0) * SHARE_VND)


def _number(value: float) -> Decimal:
    return Decimal(str(value))
