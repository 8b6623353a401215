"""Vietcap: the price board's index list and its chart. Value comes in million VND."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from market.sources.base import (
    NOT_OFFERED,
    FieldError,
    QuoteReply,
    SourceBar,
    SourceInvalid,
    SourceQuote,
    Upstream,
    decimal,
    field,
    optional_count,
    optional_positive,
    optional_stocks,
    positive,
    utc_moment,
)

MILLION = 10**6
PRICE_FIELDS = ("o", "h", "l", "c")
BAR_FIELDS = ("t", *PRICE_FIELDS, "v")
LARGEST_STAMP = 10**11  # seconds: a stamp in milliseconds is refused


class Vietcap(Upstream):
    name = "vietcap"
    codes = {
        "VNINDEX": "VNINDEX",
        "VN30": "VN30",
        "HNXINDEX": "HNXIndex",
        "HNX30": "HNX30",
        "UPCOMINDEX": "HNXUpcomIndex",
    }

    def fetch_quotes(self, codes: Sequence[str], now: datetime) -> QuoteReply:
        """`POST /api/price/marketIndex/getList`: prices without open, high and low."""
        offered = [code for code in codes if code in self.codes]
        quotes, problems = [], {code: NOT_OFFERED for code in codes if code not in offered}
        if not offered:
            return QuoteReply((), problems)
        symbols = [self.codes[code] for code in offered]
        rows = self._rows(self.post("/api/price/marketIndex/getList", {"symbols": symbols}))
        for code in offered:
            row = rows.get(self.codes[code])
            if row is None:
                problems[code] = "not in the answer"
                continue
            try:
                quotes.append(self._quote(code, row))
            except FieldError as error:
                problems[code] = str(error)
        return QuoteReply(tuple(quotes), problems)

    def fetch_bars(
        self, codes: Sequence[str], count: int, now: datetime
    ) -> dict[str, tuple[SourceBar, ...]]:
        """`POST /api/chart/OHLCChart/gap-chart` with `ONE_DAY`; stamps are 00:00 UTC of the day."""
        symbols = [self.codes[code] for code in codes if code in self.codes]
        if not symbols:
            return {}
        body = {
            "timeFrame": "ONE_DAY",
            "symbols": symbols,
            "to": int(now.timestamp()),
            "countBack": count,
        }
        rows = self._rows(self.post("/api/chart/OHLCChart/gap-chart", body))
        found = {code: rows[self.codes[code]] for code in codes if self.codes.get(code) in rows}
        return {code: self._bars(code, row) for code, row in found.items()}

    def _rows(self, answer: Any) -> dict[str, Mapping[str, Any]]:
        """The answer's rows by the vendor's symbol."""
        if not isinstance(answer, list):
            raise SourceInvalid(self.name, "expected a list of indices", "answer")
        if not answer:
            raise SourceInvalid(self.name, "answered with an empty list")
        rows: dict[str, Mapping[str, Any]] = {}
        for position, row in enumerate(answer):
            if not isinstance(row, dict) or not isinstance(row.get("symbol"), str):
                raise SourceInvalid(self.name, "a row has no symbol", f"[{position}].symbol")
            rows[row["symbol"]] = row
        return rows

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
        columns = self._columns(row)
        bars: dict[date, SourceBar] = {}
        for position, values in enumerate(zip(*columns.values(), strict=True)):
            try:
                bar = self._bar(code, dict(zip(columns, values, strict=True)))
            except FieldError as error:
                spot = f"{row['symbol']}[{position}]"
                raise SourceInvalid(self.name, str(error), spot) from error
            if bar:
                bars[bar.day] = bar
        return tuple(bars[day] for day in sorted(bars))

    def _columns(self, row: Mapping[str, Any]) -> dict[str, list[Any]]:
        """The lists of a chart, all of the length of their stamps."""
        columns: dict[str, list[Any]] = {}
        for name in BAR_FIELDS:
            values, spot = row.get(name), f"{row['symbol']}.{name}"
            if not isinstance(values, list):
                raise SourceInvalid(self.name, "expected a list", spot)
            columns[name] = values
            if len(values) != len(columns["t"]):
                raise SourceInvalid(self.name, "list differs in length from t", spot)
        return columns

    def _bar(self, code: str, values: Mapping[str, Any]) -> SourceBar | None:
        """The bar, or None for one that cannot be: a null, a zero, a high below its low."""
        opened, high, low, close = (optional_positive(values, name) for name in PRICE_FIELDS)
        if opened is None or high is None or low is None or close is None or high < low:
            return None
        stamp = decimal(field(values, "t"), "t")
        if not 0 < stamp < LARGEST_STAMP:
            raise FieldError("t is out of range")
        return SourceBar(
            code=code,
            day=datetime.fromtimestamp(int(stamp), UTC).date(),
            open=opened,
            high=high,
            low=low,
            close=close,
            volume=optional_count(values, "v"),
            source=self.name,
        )
