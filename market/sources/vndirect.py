"""VNDirect: finfo with one row per index and day, and dchart with bars.

Value comes in VND, finfo's times in Vietnam's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from market.sessions import Calendar, last_session_day
from market.sources.base import BarReply, QuoteReply, SourceBar, SourceInvalid, SourceQuote
from market.sources.chart import day_bars, fetch_history, first_moment
from market.sources.fields import (
    decimal,
    excerpt,
    field,
    optional_count,
    optional_positive,
    optional_stocks,
    positive,
    previous_close,
    vietnam_moment,
)
from market.sources.upstream import Upstream, bar_reply, quote_reply


class VNDirect(Upstream):
    name = "vndirect"

    def fetch_quotes(self, codes: Sequence[str], now: datetime) -> QuoteReply:
        """`GET /v4/vnmarket_prices` for the day of the last session by the built-in calendar."""
        day = last_session_day(now, Calendar())

        def fetch(names: list[str]) -> dict[str, Mapping[str, Any]]:
            query = {"q": f"code:{','.join(names)}~date:{day}", "size": "20"}
            return self._rows(self.get("/v4/vnmarket_prices", query))

        return quote_reply(self.at_once(codes, fetch, self._quote, f"no row for {day}"))

    def _rows(self, answer: Any) -> dict[str, Mapping[str, Any]]:
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise SourceInvalid(self.name, "expected a list of rows", "data", excerpt(answer))
        return self.keyed(rows, "code", "data")

    def _quote(self, code: str, row: Mapping[str, Any]) -> SourceQuote:
        price = positive(row, "close")
        previous = previous_close(price, decimal(field(row, "change"), "change"))
        return SourceQuote(
            code=code,
            as_of=_as_of(row),
            price=price,
            previous_close=previous,
            open=optional_positive(row, "open"),
            high=optional_positive(row, "high"),
            low=optional_positive(row, "low"),
            volume=optional_count(row, "accumulatedVol"),
            value=optional_count(row, "accumulatedVal"),
            advances=optional_stocks(row, "advances"),
            declines=optional_stocks(row, "declines"),
            unchanged=optional_stocks(row, "noChange"),
            ceilings=optional_stocks(row, "ceilingStocks"),
            floors=optional_stocks(row, "floorStocks"),
            source=self.name,
        )


class VNDirectChart(Upstream):
    name = "vndirect_chart"
    origin = VNDirect.name

    def fetch_bars(self, codes: Sequence[str], count: int, now: datetime) -> BarReply:
        """`GET /dchart/history`, one call for each index; stamps are 00:00 UTC of the day."""
        start = first_moment(count, now)

        def read(code: str) -> tuple[SourceBar, ...]:
            rows = fetch_history(self, "/dchart/history", self.names[code], "D", start, now)
            return day_bars(self.name, code, rows)[-count:]

        return bar_reply(self.one_by_one(codes, read))


def _as_of(row: Mapping[str, Any]) -> datetime:
    return vietnam_moment(f"{field(row, 'date')}T{field(row, 'time')}", "date and time")
