"""DNSE (Entrade): minute and day charts per index. It sends no value and no breadth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from market.sources.base import BarReply, QuoteReply, SourceBar, SourceQuote
from market.sources.chart import (
    Candle,
    day_bars,
    fetch_history,
    first_moment,
    quote_moments,
    quote_of,
)
from market.sources.upstream import Upstream, bar_reply, quote_reply

DAY, MINUTE = "1D", "1"


class DNSE(Upstream):
    name = "dnse"

    def fetch_quotes(self, codes: Sequence[str], now: datetime) -> QuoteReply:
        """`GET /chart-api/v2/ohlcs/index`, two calls for each index."""
        since, days_since = quote_moments(now)

        def read(code: str) -> SourceQuote:
            minutes = self._chart(code, MINUTE, since, now)
            days = self._chart(code, DAY, days_since, now) if minutes else []
            return quote_of(self.name, code, minutes, days, now)

        return quote_reply(self.one_by_one(codes, read))

    def fetch_bars(self, codes: Sequence[str], count: int, now: datetime) -> BarReply:
        """The same by day, one call for each index; a day may stand twice."""
        start = first_moment(count, now)

        def read(code: str) -> tuple[SourceBar, ...]:
            return day_bars(self.name, code, self._chart(code, DAY, start, now))[-count:]

        return bar_reply(self.one_by_one(codes, read))

    def _chart(self, code: str, resolution: str, start: datetime, end: datetime) -> list[Candle]:
        path = "/chart-api/v2/ohlcs/index"
        return fetch_history(self, path, self.names[code], resolution, start, end)
