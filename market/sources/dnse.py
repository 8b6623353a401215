"""DNSE (Entrade): minute and day charts per index. It sends no value and no breadth."""

from __future__ import annotations

from datetime import datetime

from market.sources.chart import Candle, ChartUpstream, fetch_history


class DNSE(ChartUpstream):
    name = "dnse"
    minutes, days = "1", "1D"

    def chart(self, code: str, resolution: str, start: datetime, end: datetime) -> list[Candle]:
        """`GET /chart-api/v2/ohlcs/index`."""
        path = "/chart-api/v2/ohlcs/index"
        return fetch_history(self, path, self.names[code], resolution, start, end)
