"""Vietcap: the price board's index list and its chart. Value comes in million VND."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from market.sources.base import BarReply, QuoteReply, SourceBar, SourceInvalid, SourceQuote
from market.sources.chart import day_bars, read_lists
from market.sources.fields import (
    excerpt,
    field,
    optional_count,
    optional_stocks,
    positive,
    utc_moment,
)
from market.sources.upstream import Upstream, bar_reply, quote_reply

MILLION = 10**6


class Vietcap(Upstream):
    name = "vietcap"

    def fetch_quotes(self, codes: Sequence[str], now: datetime) -> QuoteReply:
        """`POST /api/price/marketIndex/getList`: prices without open, high and low."""
        return quote_reply(self.at_once(codes, self._listed, self._quote))

    def fetch_bars(self, codes: Sequence[str], count: int, now: datetime) -> BarReply:
        """`POST /api/chart/OHLCChart/gap-chart` with `ONE_DAY`; stamps are 00:00 UTC of the day."""

        def fetch(symbols: list[str]) -> dict[str, Mapping[str, Any]]:
            body = {
                "timeFrame": "ONE_DAY",
                "symbols": symbols,
                "to": int(now.timestamp()),
                "countBack": count,
            }
            return self._rows(self.post("/api/chart/OHLCChart/gap-chart", body))

        return bar_reply(self.at_once(codes, fetch, self._bars))

    def _listed(self, symbols: list[str]) -> dict[str, Mapping[str, Any]]:
        return self._rows(self.post("/api/price/marketIndex/getList", {"symbols": symbols}))

    def _rows(self, answer: Any) -> dict[str, Mapping[str, Any]]:
        """The answer's rows by the vendor's symbol."""
        if not isinstance(answer, list):
            raise SourceInvalid(self.name, "expected a list of indices", "answer", excerpt(answer))
        if not answer:
            raise SourceInvalid(self.name, "answered with an empty list")
        return self.keyed(answer, "symbol")

    def _quote(self, code: str, row: Mapping[str, Any]) -> SourceQuote:
        return SourceQuote(
            code=code,
            as_of=utc_moment(field(row, "time"), "time"),
            price=positive(row, "price"),
            previous_close=positive(row, "refPrice"),
            open=None,
            high=None,
            low=None,
            volume=optional_count(row, "totalShares"),
            value=optional_count(row, "totalValue", MILLION),
            advances=optional_stocks(row, "totalStockIncrease"),
            declines=optional_stocks(row, "totalStockDecline"),
            unchanged=optional_stocks(row, "totalStockNoChange"),
            ceilings=optional_stocks(row, "totalStockCeiling"),
            floors=optional_stocks(row, "totalStockFloor"),
            source=self.name,
        )

    def _bars(self, code: str, row: Mapping[str, Any]) -> tuple[SourceBar, ...]:
        return day_bars(self.name, code, read_lists(self.name, row, row["symbol"]))
