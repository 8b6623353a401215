"""What a crypto overview is made of: each figure with its source and time, or why there is none.

Prices are asked for with every refresh. The whole market, sentiment and daily closes change more
slowly: their last answers are kept, asked for again at their own pace, and shown only while they
are honest.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings

from market.breaker import Breakers
from market.indicators import rsi
from market.snapshot import iso
from market.sources import Kind, Means, Source, source, sources_of
from market.sources.base import SourceError, SourceInvalid, SourceRefused, SourceUnavailable
from market.sources.crypto import (
    COINS,
    CloseSource,
    Coin,
    CoinReply,
    CoinSource,
    GlobalMarket,
    GlobalSource,
    Sentiment,
    SentimentSource,
)
from marketsite import clock

if TYPE_CHECKING:
    from market.http import HttpClient

logger = logging.getLogger(__name__)

# Together they keep a refresh to half a minute however slow every source is.
CALL_SECONDS = 5.0
LAST_CALL_SECONDS = 25.0

CLOCK_SKEW = timedelta(seconds=30)
OLDEST_PRICE = timedelta(minutes=10)
OLDEST_GLOBAL = timedelta(minutes=30)
OLDEST_SENTIMENT = timedelta(days=2)
GLOBAL_PACE = timedelta(minutes=10)
SENTIMENT_PACE = timedelta(hours=1)
RETRY_PACE = timedelta(minutes=10)
CLOSES = 200  # enough for Wilder's smoothing to forget where it began
FEWEST_CLOSES = 15

SENTIMENT_NAME = "fng_value"
GLOBAL_FIELDS = {
    "market_cap_usd": "market_cap",
    "volume_24h_usd": "volume_24h",
    "market_cap_change_percentage_24h_usd": "market_cap_change_24h",
    "btc_market_cap_percentage": "btc_share",
    "eth_market_cap_percentage": "eth_share",
}
COIN_NAMES = tuple(
    f"{coin}_{what}" for coin in COINS for what in ("price_usd", "change_24h", "rsi_14")
)
NAMES = (*COIN_NAMES, *GLOBAL_FIELDS, SENTIMENT_NAME)
NOT_ASKED = "not asked yet"
NO_TIME = "not asked: this refresh took too long"

Answer = TypeVar("Answer")
Since = Callable[[datetime, datetime], bool]


class NoAnswer(Exception):
    """No source of a kind answered; the message names each one's reason."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number by a flat name; without a value it has a reason."""

    value: float | None = None
    source: str = ""
    as_of: datetime | None = None
    reason: str = ""


Figures = dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Kept:
    """A slow part as last asked for; `failed` tells why the last asking gave nothing."""

    asked_at: datetime | None = None
    failed: str = ""
    figures: Figures = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        figures = {
            name: [item.value, item.source, item.as_of and iso(item.as_of), item.reason]
            for name, item in self.figures.items()
        }
        asked_at = self.asked_at and iso(self.asked_at)
        return {"asked_at": asked_at, "failed": self.failed, "figures": figures}

    @classmethod
    def from_json(cls, data: Any) -> Kept:
        """What was kept; nothing for what is not ours."""
        try:
            figures = {name: _figure(*row) for name, row in data["figures"].items()}
            return cls(_moment(data["asked_at"]), str(data["failed"]), figures)
        except (TypeError, KeyError, ValueError, AttributeError):
            return cls()


class Asker:
    """Asks the configured sources, each through its breaker, within the time of one refresh.

    A source that did not answer is left alone for the rest of the refresh, and one whose answer
    was useless is not asked for the same kind again: time-outs do not add up, and broken candles
    do not open the breaker of a source whose prices are well.
    """

    def __init__(self, http: HttpClient, breakers: Breakers) -> None:
        self.failures: list[tuple[str, str]] = []
        self.calls = 0
        self._http = http
        self._breakers = breakers
        self._away: dict[tuple[str, object], SourceError] = {}
        self._last_call = time.monotonic() + LAST_CALL_SECONDS

    def names(self, kind: Kind[Any]) -> list[str]:
        """The configured sources of a kind in their order."""
        giving = sources_of(kind)
        return [name for name in settings.CRYPTO_SOURCES if name in giving]

    def ask(self, name: str, kind: Kind[Source], call: Callable[[Source], Answer]) -> Answer:
        """What `call` returns for the source `name`; raises SourceError."""
        for key in ((name, None), (name, kind)):
            if key in self._away:
                raise self._away[key]
        if time.monotonic() >= self._last_call:
            raise SourceUnavailable(name, NO_TIME)
        try:
            return self._breakers.call(name, partial(self._call, name, kind, call))
        except SourceError as error:
            silent = isinstance(error, SourceUnavailable | SourceRefused)
            self._away[name, None if silent else kind] = error
            self.fail(name, error.reason)
            raise

    def first(self, kind: Kind[Source], call: Callable[[Source], Answer]) -> Answer:
        """The first answer that a source of a kind gives; raises NoAnswer."""
        reasons = []
        for name in self.names(kind):
            try:
                return self.ask(name, kind, call)
            except SourceError as error:
                reasons.append(str(error))
        raise NoAnswer("; ".join(reasons) or "no source is configured")

    def fail(self, name: str, reason: str) -> None:
        """Note a failure for the log and the command's closing lines, once."""
        if (name, reason) not in self.failures:
            self.failures.append((name, reason))
            logger.warning("source failed source=%s reason=%s", name, reason)

    def _call(self, name: str, kind: Kind[Source], call: Callable[[Source], Answer]) -> Answer:
        self.calls += 1
        urls, headers = settings.MARKET_BASE_URLS, settings.MARKET_HEADERS
        keys, referers = settings.MARKET_API_KEYS, settings.MARKET_REFERERS
        means = Means(self._http, urls, headers, keys=keys, referers=referers)
        return call(source(kind, name, means))


# Prices: of this refresh or not at all


def coin_figures(asker: Asker, now: datetime) -> Figures:
    """Price and change of each coin: from the first source, gaps per coin from the next."""
    found: dict[str, Coin] = {}
    reasons: dict[str, list[str]] = {coin: [] for coin in COINS}
    for name in asker.names(Kind.COINS):
        missing = [coin for coin in COINS if coin not in found]
        if not missing:
            break
        reply = _coins(asker, name, missing, now)
        found |= {coin.coin: coin for coin in reply.coins}
        for coin, reason in reply.problems.items():
            reasons[coin].append(f"{name}: {reason}")
    figures: Figures = {}
    for coin in COINS:
        figures |= _coin(coin, found.get(coin), "; ".join(reasons[coin]))
    return figures


def _coins(asker: Asker, name: str, missing: Sequence[str], now: datetime) -> CoinReply:
    """One source's coins of now, and why the others are not among them."""

    def call(source: CoinSource) -> CoinReply:
        return source.fetch_coins(missing, now)

    try:
        reply = asker.ask(name, Kind.COINS, call)
    except SourceError as error:
        return CoinReply((), dict.fromkeys(missing, error.reason))
    faults = {coin.coin: _time_fault(coin.as_of, now, OLDEST_PRICE) for coin in reply.coins}
    problems = reply.problems | {coin: fault for coin, fault in faults.items() if fault}
    for problem in dict.fromkeys(problems.values()):
        met = [coin for coin, reason in problems.items() if reason == problem]
        asker.fail(name, f"{problem} ({', '.join(met)})")
    return CoinReply(tuple(coin for coin in reply.coins if not faults[coin.coin]), problems)


def _coin(coin: str, found: Coin | None, reasons: str) -> Figures:
    names = (f"{coin}_price_usd", f"{coin}_change_24h")
    if found is None:
        return dict.fromkeys(names, Figure(reason=reasons or "no source is configured"))
    return {
        name: _known(value, found.source, found.as_of, f"{found.source}: change is missing")
        for name, value in zip(names, (found.price, found.change_24h), strict=True)
    }


# Slow parts: kept between refreshes


@dataclass(frozen=True, slots=True)
class SlowPart:
    """A part with its own pace.

    `rests` tells whether an answer asked for at a moment needs no other yet, `holds` whether
    figures of a moment may still be shown.
    """

    name: str
    figures: tuple[str, ...]
    rests: Since
    holds: Since
    fetch: Callable[[Asker, datetime], Figures]

    def renewed(self, known: Kept, asker: Asker, now: datetime) -> Kept:
        """The part asked for again when that is due, else as it was."""
        rests = within(RETRY_PACE) if known.failed else self.rests
        answered = known.failed or known.figures.keys() >= set(self.figures)
        if known.asked_at and answered and rests(known.asked_at, now):
            return known
        calls = asker.calls
        try:
            return Kept(now, "", self.fetch(asker, now))
        except NoAnswer as error:
            asked_at = now if asker.calls > calls else None
            return Kept(asked_at, str(error), known.figures)

    def shown(self, kept: Kept, now: datetime) -> Figures:
        """Each figure that is still honest; for the others the reason."""
        return {name: self._shown(kept.figures.get(name), kept, now) for name in self.figures}

    def _shown(self, known: Figure | None, kept: Kept, now: datetime) -> Figure:
        if known is None:
            return Figure(reason=kept.failed or NOT_ASKED)
        if known.as_of and self.holds(known.as_of, now):
            return known
        old = f"the last answer is of {iso(known.as_of)}" if known.as_of else NOT_ASKED
        return Figure(reason=kept.failed or old)


def within(limit: timedelta) -> Since:
    """Whether a moment lies less than `limit` back, a clock set back excepted."""
    return lambda then, now: -CLOCK_SKEW <= now - then < limit


def same_day(then: datetime, now: datetime) -> bool:
    """Whether both are of one day of UTC, whose end closes a coin's candle."""
    return then.astimezone(UTC).date() == now.astimezone(UTC).date()


def _fetch_global(asker: Asker, now: datetime) -> Figures:
    def call(source: GlobalSource) -> GlobalMarket:
        answer = source.fetch_global(now)
        _require_recent(answer.source, answer.as_of, now, OLDEST_GLOBAL)
        return answer

    found = asker.first(Kind.GLOBAL, call)
    return {
        name: _known(
            getattr(found, attribute),
            found.source,
            found.as_of,
            f"{found.source}: {found.problems.get(attribute, 'missing')}",
        )
        for name, attribute in GLOBAL_FIELDS.items()
    }


def _fetch_sentiment(asker: Asker, now: datetime) -> Figures:
    def call(source: SentimentSource) -> Sentiment:
        answer = source.fetch_sentiment(now)
        _require_recent(answer.source, answer.as_of, now, OLDEST_SENTIMENT)
        return answer

    found = asker.first(Kind.SENTIMENT, call)
    return {SENTIMENT_NAME: Figure(found.value, found.source, found.as_of)}


def _fetch_rsi(coin: str, asker: Asker, now: datetime) -> Figures:
    """The 14-day RSI from finished days; it holds until the day of `now` ends."""

    def call(source: CloseSource) -> tuple[str, tuple[Decimal, ...]]:
        return source.name, source.fetch_daily_closes(coin, CLOSES, now)

    name, closes = asker.first(Kind.CLOSES, call)
    value = rsi(closes)
    reason = f"{name}: {len(closes)} daily closes, {FEWEST_CLOSES} are needed"
    rounded = None if value is None else round(value, 4)
    return {f"{coin}_rsi_14": _known(rounded, name, now, reason)}


SLOW_PARTS = (
    SlowPart(
        "global", tuple(GLOBAL_FIELDS), within(GLOBAL_PACE), within(OLDEST_GLOBAL), _fetch_global
    ),
    SlowPart(
        "sentiment",
        (SENTIMENT_NAME,),
        within(SENTIMENT_PACE),
        within(OLDEST_SENTIMENT),
        _fetch_sentiment,
    ),
    *(
        SlowPart(f"rsi:{coin}", (f"{coin}_rsi_14",), same_day, same_day, partial(_fetch_rsi, coin))
        for coin in COINS
    ),
)


def _known(value: Decimal | None, source: str, as_of: datetime, reason: str) -> Figure:
    """The figure, or the reason when the answer lacks it; either way it was asked for then."""
    if value is None:
        return Figure(None, source, as_of, reason)
    return Figure(float(value), source, as_of)


def _require_recent(source: str, as_of: datetime, now: datetime, limit: timedelta) -> None:
    if fault := _time_fault(as_of, now, limit):
        raise SourceInvalid(source, fault)


def _time_fault(as_of: datetime, now: datetime, limit: timedelta) -> str | None:
    """Why an answer of this time is not one about now."""
    if as_of > now + CLOCK_SKEW:
        return f"as-of time {iso(as_of)} lies in the future"
    return None if now - as_of < limit else f"as-of time {iso(as_of)} is too old"


def is_number(value: Any) -> bool:
    """Whether parsed JSON is a number that JSON may hold; a true is none."""
    return type(value) in {int, float} and math.isfinite(value)


def _figure(value: Any, source: Any, as_of: Any, reason: Any) -> Figure:
    """Raises TypeError or ValueError for a row that is not ours."""
    if value is not None and not is_number(value):
        raise TypeError
    return Figure(value, str(source), _moment(as_of), str(reason))


def _moment(text: str | None) -> datetime | None:
    return clock.parse(text) if text else None
