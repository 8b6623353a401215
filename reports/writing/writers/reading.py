"""What the numbers say, decided once for both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import TypeVar
from zlib import crc32

from market.sessions import VIETNAM
from reports.analysis import LEVELS
from reports.facts import Fact, FactSheet, IndexState
from reports.writing.writers.base import WriterError

Option = TypeVar("Option")

# Sizes of a day's move of an index in percent, with the word class that starts there.
MOVE_SIZES = (
    (Decimal(3), "extreme"),
    (Decimal("1.5"), "strong"),
    (Decimal("0.5"), "plain"),
    (Decimal("0.1"), "slight"),
)
ABOUT_PERCENT = Decimal("0.1")
PART_OF_DAY_HOURS = 3
LAST_AUCTION = time(14, 30)  # what stands before it is no close
ZERO, HUNDREDTH = Decimal(0), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Move:
    """Direction (up, down, flat) and size (extreme, strong, plain, slight, none) of a move."""

    direction: str
    size: str


def move_of(percent: Decimal) -> Move:
    rounded = abs(percent).quantize(HUNDREDTH)
    size = next((name for floor, name in MOVE_SIZES if rounded >= floor), "none")
    if size == "none":
        return Move("flat", "none")
    return Move("up" if percent > 0 else "down", size)


def is_about(distance: Decimal) -> bool:
    """Whether a distance in percent is too small to call its end above or below the other."""
    return abs(distance) < ABOUT_PERCENT


@dataclass(frozen=True, slots=True)
class Reading:
    """A sheet with the questions answered that both languages ask of it.

    `phase` is close, past (a session before today), intraday, lunch, or stopped (the figures ended
    in the middle of a session).
    """

    sheet: FactSheet
    edition: str
    lead: IndexState
    phase: str
    day: date

    def fact(self, name: str, key: str = "") -> Fact | None:
        return self.sheet.facts.get(f"{key or self.lead.key}.{name}")

    def value(self, name: str, key: str = "") -> Decimal | None:
        fact = self.fact(name, key)
        return fact.value if fact else None

    def number(self, name: str, key: str = "") -> Decimal:
        """The value, or 0 for comparisons in which an unknown counts as nothing."""
        return self.value(name, key) or ZERO

    def has(self, *names: str) -> bool:
        return all(self.fact(name) for name in names)

    def stands_at(self, level: str) -> bool:
        """Whether the price and a level are written alike, to a hundredth of a point."""
        price, other = self.value("close"), self.value(level)
        if price is None or other is None:
            return False
        return price.quantize(HUNDREDTH) == other.quantize(HUNDREDTH)

    def move(self, key: str = "") -> Move:
        return move_of(self.number("change_percent", key))

    def pick(self, slot: str, options: Sequence[Option]) -> Option:
        """One of several ways to say a thing: the next one each session and part of the day.

        A slot thus repeats itself only after as many sessions as it has options, and every option
        gets its turn; the same report always reads the same.
        """
        part = self.sheet.now.astimezone(VIETNAM).hour // PART_OF_DAY_HOURS
        start, count = crc32(slot.encode()), len(options)
        stride = 1 + (start >> 8) % max(count - 1, 1)
        return options[(start + self.sheet.session_number + stride * part) % count]

    @property
    def known(self) -> list[IndexState]:
        return [state for state in self.sheet.indices if state.known]

    @property
    def missing(self) -> list[IndexState]:
        return [state for state in self.sheet.indices if not state.known]

    @property
    def stale(self) -> list[IndexState]:
        return [state for state in self.known if state.stale]

    @property
    def ranked(self) -> list[IndexState]:
        """Known indices from the largest rise to the deepest fall."""
        return sorted(
            self.known,
            key=lambda state: self.number("change_percent", state.key),
            reverse=True,
        )

    def counts(self) -> tuple[int, int, int]:
        """How many known indices stand above, below and at their previous close, as rounded."""
        signs = [self.number("change", state.key).quantize(Decimal("0.01")) for state in self.known]
        up, down = sum(sign > 0 for sign in signs), sum(sign < 0 for sign in signs)
        return up, down, len(signs) - up - down

    def level_name(self, side: str) -> str:
        """Which level `support` or `resistance` is: sma20, high_52w, …"""
        fact = self.fact(side)
        names = [item.partition(".")[2] for item in fact.basis] if fact else []
        return next((name for name in names if name in LEVELS), "")

    @property
    def has_trend(self) -> bool:
        return self.has("sma20")

    @property
    def has_levels(self) -> bool:
        return self.has("support", "resistance")

    @property
    def is_over(self) -> bool:
        """Whether the numbers are a session's last."""
        return self.phase in {"close", "past"}

    @property
    def is_stopped(self) -> bool:
        """Whether the lead's numbers ended before the session that they belong to."""
        return self.phase == "stopped"


def read(sheet: FactSheet, edition: str) -> Reading:
    """The reading of a sheet; raises WriterError when it knows no index at all."""
    lead = next((state for state in sheet.indices if state.known), None)
    if lead is None or lead.session_day is None:
        raise WriterError("no index is known, so there is nothing to report")
    return Reading(sheet, edition, lead, _phase(sheet, lead, lead.session_day), lead.session_day)


def _phase(sheet: FactSheet, lead: IndexState, day: date) -> str:
    close = sheet.facts[f"{lead.key}.close"].as_of.astimezone(VIETNAM)
    if lead.stale and (day == sheet.session_day or close.time() < LAST_AUCTION):
        return "stopped"
    if day < sheet.session_day or day < sheet.now.astimezone(VIETNAM).date():
        return "past"
    if sheet.session == "lunch":
        return "lunch"
    if sheet.session in {"ato", "morning", "afternoon", "atc"}:
        return "intraday"
    return "close"
