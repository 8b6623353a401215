"""Alternative.me: the fear and greed index, one value a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from market.sources.base import SourceInvalid
from market.sources.crypto import Sentiment, share
from market.sources.fields import FieldError, field, utc_stamp
from market.sources.upstream import Upstream


class AlternativeMe(Upstream):
    name = "alternative_me"

    def fetch_sentiment(self, now: datetime) -> Sentiment:
        """`GET /fng/`: the newest value; its time is the day's, in UTC."""
        answer = self.get("/fng/", {"limit": "1"})
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
            raise SourceInvalid(self.name, "expected a list of values", "data")
        try:
            return self._sentiment(rows[0])
        except FieldError as error:
            raise SourceInvalid(self.name, str(error), "data[0]") from error

    def _sentiment(self, row: Mapping[str, Any]) -> Sentiment:
        value = share(row, "value")
        if value != int(value):
            raise FieldError("value is not whole")
        as_of = utc_stamp(field(row, "timestamp"), "timestamp")
        return Sentiment(int(value), as_of, self.name)
