"""CafeF's price board: all indices in one answer, numbers as text, and no time at all.

Value comes in billion VND. Without a clock it can only confirm what another source says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from market.sources.base import PriceReply, SourceInvalid, SourcePrice
from market.sources.fields import (
    FieldError,
    decimal,
    excerpt,
    field,
    optional_count,
    positive,
    previous_close,
)
from market.sources.upstream import Upstream, price_reply

BILLION = 10**9
ENGLISH_NUMBER = re.compile(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)


class CafeF(Upstream):
    name = "cafef"

    def fetch_prices(self, codes: Sequence[str], now: datetime) -> PriceReply:
        """`GET /stockhandler.ashx?index=true`: prices that carry no as-of time."""
        return price_reply(self.at_once(codes, self._listed, self._price))

    def _listed(self, names: list[str]) -> dict[str, Mapping[str, Any]]:
        answer = self.get("/stockhandler.ashx", {"index": "true"})
        if not isinstance(answer, list):
            raise SourceInvalid(self.name, "expected a list of indices", "answer", excerpt(answer))
        if not answer:
            raise SourceInvalid(self.name, "answered with an empty list")
        return self.keyed(answer, "name")

    def _price(self, code: str, row: Mapping[str, Any]) -> SourcePrice:
        plain = {name: _plain(row, name) for name in ("index", "change", "volume", "value")}
        price = positive(plain, "index")
        previous = previous_close(price, decimal(field(plain, "change"), "change"))
        return SourcePrice(
            code=code,
            price=price,
            previous_close=previous,
            volume=optional_count(plain, "volume"),
            value=optional_count(plain, "value", BILLION),
            as_of=None,
            source=self.name,
        )


def _plain(row: Mapping[str, Any], name: str) -> Any:
    """`1,768.12` without its thousands separators; `1.768,12` is refused, not read as 1.76812."""
    value = row.get(name)
    if not isinstance(value, str):
        return value
    if not ENGLISH_NUMBER.fullmatch(value.strip()):
        raise FieldError(f"{name} is not a number")
    return value.strip().replace(",", "")
