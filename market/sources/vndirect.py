"""VNDirect's finfo: one row per index and day. Value comes in VND, times in Vietnam's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from market.sessions import VIETNAM, Calendar, last_session_day
from market.sources.base import (
    NOT_OFFERED,
    FieldError,
    QuoteReply,
    SourceInvalid,
    SourceQuote,
    Upstream,
    decimal,
    field,
    optional_count,
    optional_positive,
    optional_stocks,
    positive,
)


class VNDirect(Upstream):
    name = "vndirect"
    codes = {
        "VNINDEX": "VNINDEX",
        "VN30": "VN30",
        "HNXINDEX": "HNX",
        "HNX30": "HNX30",
        "UPCOMINDEX": "UPCOM",
    }

    def fetch_quotes(self, codes: Sequence[str], now: datetime) -> QuoteReply:
        """`GET /v4/vnmarket_prices` for the day of the last session by the built-in calendar."""
        offered = [code for code in codes if code in self.codes]
        quotes, problems = [], {code: NOT_OFFERED for code in codes if code not in offered}
        if not offered:
            return QuoteReply((), problems)
        names = ",".join(self.codes[code] for code in offered)
        day = last_session_day(now, Calendar()).isoformat()
        answer = self.get("/v4/vnmarket_prices", {"q": f"code:{names}~date:{day}", "size": "20"})
        rows = self._rows(answer)
        for code in offered:
            row = rows.get(self.codes[code])
            if row is None:
                problems[code] = f"no row for {day}"
                continue
            try:
                quotes.append(self._quote(code, row))
            except FieldError as error:
                problems[code] = str(error)
        return QuoteReply(tuple(quotes), problems)

    def _rows(self, answer: Any) -> dict[str, Mapping[str, Any]]:
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise SourceInvalid(self.name, "expected a list of rows", "data")
        for position, row in enumerate(rows):
            if not isinstance(row, dict) or not isinstance(row.get("code"), str):
                raise SourceInvalid(self.name, "a row has no code", f"data[{position}].code")
        return {row["code"]: row for row in rows}

    def _quote(self, code: str, row: Mapping[str, Any]) -> SourceQuote:
        price = positive(row, "close")
        previous = price - decimal(field(row, "change"), "change")
        if previous <= 0:
            raise FieldError("change is larger than close")
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


def _as_of(row: Mapping[str, Any]) -> datetime:
    text = f"{field(row, 'date')}T{field(row, 'time')}"
    try:
        return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)
    except (ValueError, OverflowError):
        raise FieldError("date and time are not a moment") from None
