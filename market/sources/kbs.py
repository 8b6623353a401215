"""KB Securities: minute and day bars per index, newest first, numbers as text or not.

Value comes in VND, times in Vietnam's; a day's bar says 07:00.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from market.sessions import VIETNAM
from market.sources.base import SourceInvalid
from market.sources.chart import Candle, ChartUpstream, read_rows
from market.sources.fields import excerpt, vietnam_moment


class KBS(ChartUpstream):
    name = "kbs"
    minutes, days = "data_1P", "data_day"

    def chart(self, code: str, resolution: str, start: datetime, end: datetime) -> list[Candle]:
        """`GET /iis-server/investment/index/<code>/data_1P` or `data_day`."""
        path = f"/iis-server/investment/index/{quote(self.names[code], safe='')}/{resolution}"
        answer = self.get(path, {"sdate": _date(start), "edate": _date(end)})
        return read_rows(self.name, self._oldest_first(answer, resolution), vietnam_moment)

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
