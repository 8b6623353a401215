"""Vietcap: the price board's index list and its chart. Value comes in million VND."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from market.sources.base import (
    FieldError,
    QuoteReply,
    SourceBar,
    SourceInvalid,
    SourceQuote,
    Upstream,
    decimal,
    field,
    optional_count,
    positive,
    utc_moment,
)

MILLION = 10**6
BAR_FIELDS = ("t", "o", "h", "l", "c", "v")


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
        symbols = [self.codes[code] for code in codes if code in self.codes]
        rows = self._rows(self.post("/api/price/marketIndex/getList", {"symbols": symbols}))
        quotes, problems = [], {}
        for code in codes:
            row = rows.get(self.codes.get(code, ""))
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
        body = {
            "timeFrame": "ONE_DAY",
            "symbols": [self.codes[code] for code in codes if code in self.codes],
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
            advances=optional_count(row, "totalStockIncrease"),
            declines=optional_count(row, "totalStockDecline"),
            unchanged=optional_count(row, "totalStockNoChange"),
            ceilings=optional_count(row, "totalStockCeiling"),
            floors=optional_count(row, "totalStockFloor"),
            source=self.name,
        )

    def _bars(self, code: str, row: Mapping[str, Any]) -> tuple[SourceBar, ...]:
        columns = {name: row.get(name) for name in BAR_FIELDS}
        lengths = set()
        for name, values in columns.items():
            if not isinstance(values, list):
                raise SourceInvalid(self.name, "expected a list", f"{row['symbol']}.{name}")
            lengths.add(len(values))
        if len(lengths) != 1:
            raise SourceInvalid(self.name, "lists differ in length", row["symbol"])
        bars: dict[Any, SourceBar] = {}
        for position in range(lengths.pop()):
            values = {name: columns[name][position] for name in BAR_FIELDS}  # type: ignore[index]
            try:
                bar = self._bar(code, values)
            except FieldError as error:
                raise SourceInvalid(
                    self.name, str(error), f"{row['symbol']}[{position}]"
                ) from error
            if bar:
                bars[bar.day] = bar
        return tuple(bars[day] for day in sorted(bars))

    def _bar(self, code: str, values: Mapping[str, Any]) -> SourceBar | None:
        """The bar, or None for a day without trading (null or zero prices)."""
        prices = [values[name] for name in ("o", "h", "l", "c")]
        if any(price is None for price in prices):
            return None
        opened, high, low, close = (decimal(price, "price") for price in prices)
        if min(opened, high, low, close) <= 0:
            return None
        if high < low:
            raise FieldError("high is below low")
        stamp = decimal(values["t"], "t")
        if not 0 < stamp < Decimal(10) ** 11:
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
