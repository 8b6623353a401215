"""What a sheet of facts is made from: plain values, as a snapshot and the stored bars give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from market.sessions import Calendar
from reports.facts import Fact, FactSheet

PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class IndexInput:
    """One index as last read; `price` is None when nothing is known, with the reason."""

    code: str
    key: str
    exchange: str
    price: Decimal | None = None
    previous_close: Decimal | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: int | None = None
    value: int | None = None
    advances: int | None = None
    declines: int | None = None
    unchanged: int | None = None
    ceilings: int | None = None
    floors: int | None = None
    as_of: datetime | None = None
    source: str = ""
    agreement: str = "single"
    second_price: Decimal | None = None
    second_source: str = ""
    stale: bool = False
    error: str | None = None
    name: str = ""


class BarInput(NamedTuple):
    day: date
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int | None
    source: str


@dataclass(frozen=True, slots=True)
class CryptoInput:
    """The crypto overview by its flat names: figures, where they come from, why some are absent."""

    as_of: datetime
    figures: Mapping[str, Decimal]
    sources: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MarketData:
    """What a report is made from, read at `now`; bars oldest first, of one kind, by code.

    `previous` holds the facts of the last published report, for comparison.
    """

    indices: tuple[IndexInput, ...]
    bars: Mapping[str, Sequence[BarInput]]
    now: datetime
    simulated: bool
    calendar: Calendar
    crypto: CryptoInput | None = None
    previous: FactSheet | None = None


def rounded(value: Decimal) -> Decimal:
    return value.quantize(PLACES, ROUND_HALF_EVEN).normalize() + 0


def derived(
    base: Fact, name: str, value: Decimal, unit: str, method: str, basis: tuple[str, ...]
) -> Fact:
    """A fact computed from others, with the time, source and agreement of `base`.

    A `name` without a dot, and the names in `basis`, are of the subject of `base`.
    """
    subject = base.key.partition(".")[0]
    names = tuple(item if "." in item else f"{subject}.{item}" for item in (name, *basis))
    return Fact(
        names[0],
        rounded(value),
        unit,
        base.as_of,
        base.source,
        base.agreement,
        "derived",
        method,
        names[1:],
    )
