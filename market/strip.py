"""What every page shows of the market: the strip of indices, and the rows of their page."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from market import formats, snapshot
from market.models import Bar, Index, Quote
from market.sessions import VIETNAM
from market.sparkline import sparkline
from marketsite import clock
from marketsite.redis import cache, read_json

logger = logging.getLogger(__name__)

SPARK_SESSIONS = 30
SPARK_REACH = timedelta(days=60)  # thirty sessions and the longest holidays
SPARK_KEY = "market_sparklines"
SPARK_SECONDS = 600
SESSION_LABELS: dict[str, Promise] = {
    "pre_open": _("Before opening"),
    "ato": _("Opening auction"),
    "morning": _("Morning session"),
    "lunch": _("Midday break"),
    "afternoon": _("Afternoon session"),
    "atc": _("Closing auction"),
    "plo": _("After-hours trading"),
    "put_through": _("Put-through trading"),
    "closed": _("Closed"),
    "holiday": _("Holiday"),
}


@dataclass(frozen=True, slots=True)
class StripItem:
    """One index for display; every figure None when nothing is known.

    How old it is at the moment makes no other item of it, as `Strip.html` does not tell that.
    """

    key: str
    code: str
    name: str
    price: Decimal | None = None
    previous_close: Decimal | None = None
    change: Decimal | None = None
    change_percent: Decimal | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: int | None = None
    value: int | None = None
    as_of: datetime | None = None
    source: str = ""
    stale: bool = False
    age: timedelta | None = field(default=None, compare=False)
    error: str = ""
    spark: str = ""
    exchange: str = ""
    agreement: str = Quote.Agreement.SINGLE
    second_source: str = ""
    second_price: Decimal | None = None

    @property
    def direction(self) -> str:
        if self.change is None:
            return "unknown"
        return "up" if self.change > 0 else "down" if self.change < 0 else "flat"

    @property
    def disputed(self) -> bool:
        return self.agreement == Quote.Agreement.DISPUTED and self.second_price is not None

    @property
    def confirmed(self) -> bool:
        return self.agreement == Quote.Agreement.CONFIRMED

    @property
    def exchange_name(self) -> str:
        return Index.Exchange(self.exchange).label


@dataclass(frozen=True, slots=True)
class Strip:
    items: tuple[StripItem, ...]
    session: str
    simulated: bool
    success: bool
    now: datetime = field(compare=False)
    generated_at: datetime
    next_refresh_at: datetime

    @property
    def html(self) -> SafeString:
        """As each page has it, in the page's language."""
        return _html(self, get_language(), get_script_prefix())

    @property
    def session_label(self) -> Promise | str:
        return SESSION_LABELS.get(self.session, self.session)

    @property
    def session_labels_json(self) -> str:
        """All labels, for the script that follows the session."""
        return json.dumps({key: str(label) for key, label in SESSION_LABELS.items()})

    @property
    def source_names_json(self) -> str:
        """The sources' own names, for the script that tells the second one."""
        return json.dumps(formats.SOURCE_NAMES)

    @property
    def updated(self) -> timedelta:
        """How long ago the last refresh was."""
        return max(self.now - self.generated_at, timedelta(0))

    @property
    def renewed(self) -> bool:
        """Whether the last refresh brought numbers: else their own age is what counts."""
        return self.success or self.simulated

    @property
    def age(self) -> timedelta | None:
        """How old the newest number is."""
        return max(self.now - self.as_of, timedelta(0)) if self.as_of else None

    @property
    def available(self) -> bool:
        return any(item.price is not None for item in self.items)

    @property
    def stale(self) -> bool:
        return any(item.stale for item in self.items)

    @property
    def as_of(self) -> datetime | None:
        return max((item.as_of for item in self.items if item.as_of), default=None)


@lru_cache(maxsize=8)
def _html(strip: Strip, _language: str | None, _prefix: str) -> SafeString:
    """Kept, as pages are asked for more often than it changes; it depends on nothing but these."""
    return render_to_string("includes/strip.html", {"strip": strip})


def market_strip() -> Strip:
    """The current snapshot for display; reads Redis, or the database when Redis is silent."""
    current = snapshot.read()
    now = clock.now()
    sparks = _sparks(current["simulated"])
    items = tuple(
        _item(index, current["indices"].get(index.key), sparks.get(index.code, []), now)
        for index in Index.objects.filter(active=True)
    )
    return Strip(
        items=items,
        session=current["session"],
        simulated=current["simulated"],
        success=current["success"],
        now=now,
        generated_at=clock.parse(current["generated_at"]),
        next_refresh_at=clock.parse(current["next_refresh_at"]),
    )


def breadth() -> dict[str, Quote]:
    """The newest quote of each index by key, for the figures that the snapshot leaves out."""
    simulated = snapshot.read()["simulated"]
    quotes = Quote.objects.filter(simulated=simulated).latest_per_index()
    return {quote.index.key: quote for quote in quotes}


def _item(
    index: Index, entry: snapshot.Entry | None, closes: list[float], now: datetime
) -> StripItem:
    value = entry["value"] if entry else None
    error = (entry["error"] if entry else snapshot.NEVER_FETCHED) or ""
    if value is None:
        return StripItem(index.key, index.code, index.name, error=error, exchange=index.exchange)
    as_of, second = clock.parse(value["as_of"]), value["second"]
    change = _decimal(value["change"]) or Decimal(0)
    direction = "up" if change > 0 else "down" if change < 0 else "flat"
    return StripItem(
        key=index.key,
        code=index.code,
        name=index.name,
        price=_decimal(value["close"]),
        previous_close=_decimal(value["previous_close"]),
        change=change,
        change_percent=_decimal(value["change_percent"]),
        open=_decimal(value["open"]),
        high=_decimal(value["high"]),
        low=_decimal(value["low"]),
        volume=value["volume"],
        value=value["value"],
        as_of=as_of,
        source=value["source"],
        stale=value["stale"],
        age=max(now - as_of, timedelta(0)),
        error=error,
        spark=mark_safe(sparkline([*closes, value["close"]], direction)),  # noqa: S308
        exchange=index.exchange,
        agreement=value["agreement"],
        second_source=second["source"] if second else "",
        second_price=_decimal(second["close"]) if second else None,
    )


def _sparks(simulated: bool) -> dict[str, list[float]]:
    """Recent closes by code; kept in Redis for a while, since they change once a day."""
    key = f"{SPARK_KEY}:{'simulated' if simulated else 'real'}"
    try:
        (found,) = read_json(key)
        if _are_closes(found):
            return found  # type: ignore[no-any-return]
        closes = _recent_closes(simulated)
        cache().set(key, closes, SPARK_SECONDS if closes else 5)
    except RedisError as error:
        logger.warning("sparklines not cached reason=%s", type(error).__name__)
        return _recent_closes(simulated)
    return closes


def _are_closes(found: Any) -> bool:
    """Whether another program left our own shape under our key."""
    return isinstance(found, dict) and all(
        isinstance(closes, list) and all(type(close) in {int, float} for close in closes)
        for closes in found.values()
    )


def _recent_closes(simulated: bool) -> dict[str, list[float]]:
    """Closes of the last sessions, oldest first; none when the bars end long ago."""
    since = (clock.now() - SPARK_REACH).astimezone(VIETNAM).date()
    bars = Bar.objects.filter(simulated=simulated, index__active=True, day__gt=since)
    numbered = bars.annotate(
        position=Window(RowNumber(), partition_by=F("index"), order_by=F("day").desc())
    )
    rows = numbered.filter(position__lte=SPARK_SESSIONS).order_by("day")
    closes: dict[str, list[float]] = {}
    for code, close in rows.values_list("index__code", "close"):
        closes.setdefault(code, []).append(float(close))
    return closes


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))
