"""KB Securities: minute and day bars per index, newest first, numbers as text or not.

Value comes in VND, times in Vietnam's; a day's bar says 07:00.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from market.sessions import VIETNAM
from market.sources.base import BarReply, QuoteReply, SourceBar, SourceInvalid, SourceQuote
from market.sources.chart import (
    Candle,
    day_bars,
    first_moment,
    quote_moments,
    quote_of,
    read_rows,
)
from market.sources.fields import excerpt, vietnam_moment
from market.sources.upstream import Upstream, bar_reply, quote_reply

DAY, MINUTE = "data_day", "data_1P"


class KBS(Upstream):
    name = "kbs"

    def fetch_quotes(self, codes: Sequence[str], now: datetime) -> QuoteReply:
        """`GET /iis-server/investment/index/<code>/data_1P` and `data_day`, for each index."""
        since, days_since = quote_moments(now)

        def read(code: str) -> SourceQuote:
            minutes = self._chart(code, MINUTE, since, now)
            days = self._chart(code, DAY, days_since, now) if minutes else []
            return quote_of(self.name, code, minutes, days, now)

        return quote_reply(self.one_by_one(codes, read))

    def fetch_bars(self, codes: Sequence[str], count: int, now: datetime) -> BarReply:
        """`GET /iis-server/investment/index/<code>/data_day`, one call for each index."""
        start = first_moment(count, now)

        def read(code: str) -> tuple[SourceBar, ...]:
            return day_bars(self.name, code, self._chart(code, DAY, start, now))[-count:]

        return bar_reply(self.one_by_one(codes, read))

    def _chart(self, code: str, frame: str, start: datetime, end: datetime) -> list[Candle]:
        path = f"/iis-server/investment/index/{quote(self.names[code], safe='')}/{frame}"
        answer = self.get(path, {"sdate": _date(start), "edate": _date(end)})
        return read_rows(self.name, self._oldest_first(answer, frame), vietnam_moment)

    def _oldest_first(self, answer: Any, frame: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        rows = answer.get(frame) if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise SourceInvalid(self.name, "expected a list of rows", frame, excerpt(answer))
        for position, row in reversed(list(enumerate(rows))):
            spot = f"{frame}[{position}]"
            if not isinstance(row, dict):
                raise SourceInvalid(self.name, "expected an object", spot, excerpt(row))
            yield spot, row


def _date(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%d-%m-%Y}"
