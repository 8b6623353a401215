"""The demo feed: simulated sessions that look like a market and are labelled as simulated.

A pure function of index, day and time: every process and every run sees the same numbers, and the
bars, the quote and its previous close agree with each other.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from market.sessions import (
    AFTERNOON,
    OPENING,
    VIETNAM,
    Calendar,
    closing_time,
    expected_as_of,
    last_session_day,
)
from market.sources.base import SourceBar, SourceQuote

NAME = "demo"
CENT = Decimal("0.01")
BREAK_MINUTES = 90


@dataclass(frozen=True, slots=True)
class Profile:
    """The made-up character of one index; `volume` in shares a day, `price` in VND a share."""

    exchange: str
    level: float
    volume: float
    price: float
    members: int


PROFILES = {
    "VNINDEX": Profile("HOSE", 1700, 780e6, 29_000, 400),
    "VN30": Profile("HOSE", 1850, 330e6, 38_000, 30),
    "HNXINDEX": Profile("HNX", 272, 75e6, 19_500, 310),
    "HNX30": Profile("HNX", 590, 48e6, 23_000, 30),
    "UPCOMINDEX": Profile("UPCOM", 126, 55e6, 14_000, 870),
}
_DEFAULT = Profile("HOSE", 1000, 100e6, 20_000, 100)


def demo_quotes(codes: Sequence[str], now: datetime, calendar: Calendar) -> tuple[SourceQuote, ...]:
    """The simulated quotes as a live feed would show them at `now`."""
    return tuple(_quote(code, now, calendar) for code in codes)


def demo_bars(
    codes: Sequence[str], count: int, now: datetime, calendar: Calendar
) -> dict[str, tuple[SourceBar, ...]]:
    """The last `count` simulated day bars before the current session, oldest first."""
    days = []
    day = last_session_day(now, calendar)
    for _ in range(count):
        day = calendar.previous_trading_day(day)
        days.append(day)
    return {code: tuple(_bar(code, day, calendar) for day in reversed(days)) for code in codes}


def _quote(code: str, now: datetime, calendar: Calendar) -> SourceQuote:
    profile = PROFILES.get(code, _DEFAULT)
    day = last_session_day(now, calendar)
    as_of = expected_as_of(now, profile.exchange, calendar)
    bar = _bar(code, day, calendar)
    previous = _close(code, calendar.previous_trading_day(day))
    traded, length = _minutes(as_of), _minutes(closing_time(day, profile.exchange))
    prices = [_price(bar, minute, length) for minute in range(traded + 1)]
    done = Decimal(traded) / length
    volume = (bar.volume or 0) * traded // length
    advances, declines, unchanged = _breadth(profile.members, prices[-1], previous)
    return SourceQuote(
        code=code,
        as_of=as_of,
        price=prices[-1],
        previous_close=previous,
        open=bar.open,
        high=max(*prices, bar.open, _cents(bar.open + (bar.high - bar.open) * done)),
        low=min(*prices, bar.open, _cents(bar.open - (bar.open - bar.low) * done)),
        volume=volume,
        value=int(volume * profile.price),
        advances=advances,
        declines=declines,
        unchanged=unchanged,
        ceilings=advances // 25,
        floors=declines // 30,
        source=NAME,
    )


def _price(bar: SourceBar, minute: int, length: int) -> Decimal:
    """The index `minute` minutes into a day of `length`: from open to close, never beyond range."""
    done = Decimal(minute) / length
    noise = Decimal(str(round(seeded_noise(bar.code, f"{bar.day} {minute}"), 6)))
    wave = bar.open * done * (1 - done) * noise * Decimal("0.008")
    price = _cents(bar.open + (bar.close - bar.open) * done + wave)
    return min(max(price, bar.low), bar.high)


def _breadth(members: int, price: Decimal, previous: Decimal) -> tuple[int, int, int]:
    """How many members rose, fell and stood still, leaning the way the index moved."""
    lean = math.tanh(float(price / previous - 1) * 60)
    advances, unchanged = int(members * (0.43 + 0.3 * lean)), members // 7
    return advances, members - advances - unchanged, unchanged


def _bar(code: str, day: date, calendar: Calendar) -> SourceBar:
    profile = PROFILES.get(code, _DEFAULT)
    close = _close(code, day)
    before = _close(code, calendar.previous_trading_day(day))
    opened = _cents(before + (close - before) * Decimal("0.2"))
    spread = Decimal(str(round(0.001 + 0.005 * abs(seeded_noise(code, f"{day} range")), 6)))
    swing = (
        0.75
        + 0.25 * seeded_noise("market", f"{day} volume")
        + 0.1 * seeded_noise(code, f"{day} volume")
    )
    return SourceBar(
        code=code,
        day=day,
        open=opened,
        high=_cents(max(opened, close) * (1 + spread)),
        low=_cents(min(opened, close) * (1 - spread)),
        close=close,
        volume=int(profile.volume * max(swing, 0.3)),
        source=NAME,
    )


def _close(code: str, day: date) -> Decimal:
    """Two slow waves and a day's noise around the index's level, mostly shared by all indices."""
    profile = PROFILES.get(code, _DEFAULT)
    count = day.toordinal()
    noise = 0.75 * seeded_noise("market", str(day)) + 0.25 * seeded_noise(code, str(day))
    factor = (
        1
        + 0.07 * math.sin(2 * math.pi * count / 260)
        + 0.025 * math.sin(2 * math.pi * count / 61)
        + 0.006 * noise
    )
    return _cents(Decimal(str(profile.level * factor)))


def _minutes(moment: datetime) -> int:
    """Whole minutes traded at a moment of a trading day, the midday break left out."""
    local = moment.astimezone(VIETNAM)
    since_opening = (local.hour - OPENING.hour) * 60 + local.minute
    return since_opening if local.time() < AFTERNOON else since_opening - BREAK_MINUTES


def seeded_noise(*seed: str) -> float:
    """A number in [-1, 1) that only depends on `seed`."""
    digest = hashlib.sha256("/".join(seed).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**47 - 1


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT)
