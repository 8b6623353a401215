"""Binance's public market data: 24-hour tickers and daily candles in USDT, taken as US dollars."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from market.sources.base import SourceInvalid
from market.sources.crypto import Coin, CoinReply, optional_percent, utc_milliseconds
from market.sources.fields import FieldError, field, positive
from market.sources.upstream import Upstream

CLOSE, CLOSE_TIME, ITEMS = 4, 6, 12  # positions in a candle, and how many it has
DAY = timedelta(days=1)


class Binance(Upstream):
    name = "binance"
    codes = {
        "btc": "BTCUSDT",
        "eth": "ETHUSDT",
        "sol": "SOLUSDT",
        "xrp": "XRPUSDT",
        "ada": "ADAUSDT",
        "link": "LINKUSDT",
        "bnb": "BNBUSDT",
    }
    not_offered = "not one of its coins"

    def fetch_coins(self, coins: Sequence[str], now: datetime) -> CoinReply:
        """`GET /api/v3/ticker/24hr`, one call for all: one bad symbol fails the whole batch."""
        answers = self.at_once(coins, self._tickers, self._coin)
        return CoinReply(tuple(answers.found.values()), answers.problems)

    def fetch_daily_closes(self, coin: str, count: int, now: datetime) -> tuple[Decimal, ...]:
        """`GET /api/v3/klines`: closes of the last `count` finished days, oldest first.

        Days are those of UTC; the one that still runs is left out. Raises SourceError, also when a
        day is missing in between or at the end.
        """
        query = {"symbol": self.names[coin], "interval": "1d", "limit": str(count + 1)}
        answer = self.get("/api/v3/klines", query)
        if not isinstance(answer, list):
            raise SourceInvalid(self.name, "expected a list of candles", "answer")
        finished = [(ended, close) for ended, close in self._candles(answer) if ended < now]
        if finished and now - finished[-1][0] > DAY:
            raise SourceInvalid(self.name, "the last finished day is missing")
        return tuple(close for _, close in finished)[-count:]

    def _tickers(self, symbols: list[str]) -> dict[str, Mapping[str, Any]]:
        query = {"symbols": json.dumps(symbols, separators=(",", ":"))}
        answer = self.get("/api/v3/ticker/24hr", query)
        if not isinstance(answer, list):
            raise SourceInvalid(self.name, "expected a list of tickers", "answer")
        return self.keyed(answer, "symbol")

    def _coin(self, coin: str, row: Mapping[str, Any]) -> Coin:
        return Coin(
            coin=coin,
            price=positive(row, "lastPrice"),
            change_24h=optional_percent(row, "priceChangePercent"),
            as_of=utc_milliseconds(field(row, "closeTime"), "closeTime"),
            source=self.name,
        )

    def _candles(self, rows: list[Any]) -> list[tuple[datetime, Decimal]]:
        """When each day ended or ends, and its close."""
        found: list[tuple[datetime, Decimal]] = []
        for position, row in enumerate(rows):
            try:
                candle = _candle(row)
                if found and candle[0] - found[-1][0] != DAY:
                    raise FieldError("does not follow the day before")
            except FieldError as error:
                raise SourceInvalid(self.name, str(error), f"[{position}]") from error
            found.append(candle)
        return found


def _candle(row: Any) -> tuple[datetime, Decimal]:
    if not isinstance(row, list) or len(row) < ITEMS:
        raise FieldError("not a candle")
    values = {"close": row[CLOSE], "close time": row[CLOSE_TIME]}
    ended = utc_milliseconds(field(values, "close time"), "close time")
    return ended, positive(values, "close")
