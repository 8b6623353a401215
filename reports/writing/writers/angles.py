"""What mattered in a session: its facts weighed against what is usual, the largest first.

A weight of 1 is a fact that a reader may want to know, 2 one for the first paragraph, 3 and more
one for the title. The words of an angle stand in the phrase books under its `kind`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from reports.writing.writers.reading import Reading, is_about

YEAR_ROOT = math.sqrt(252)
USUAL_DAY_PERCENT = 1.0
QUIETEST_DAY_PERCENT = 0.4
MOST_OF_VOLUME = 2.5  # trade alone never outweighs a market that surged or plunged


@dataclass(frozen=True, slots=True)
class Angle:
    """One notable fact of the day; `window` is that of an average that was crossed."""

    kind: str
    weight: float
    window: str = ""


def angles(r: Reading) -> list[Angle]:
    """The day's notable facts by weight; the move itself is always one of them."""
    found = [*_feed(r), _move(r), *_indices(r), *_breadth(r), *_crossings(r), *_course(r)]
    if r.is_over:
        found += [*_records(r), *_streaks(r), *_volume(r)]
    return sorted((item for item in found if item.weight > 0), key=lambda item: -item.weight)


def _move(r: Reading) -> Angle:
    """The day's change against a usual day of the last 20 sessions."""
    volatility = r.value("volatility20")
    usual = float(volatility) / YEAR_ROOT if volatility else USUAL_DAY_PERCENT
    percent = abs(float(r.number("change_percent")))
    weight = percent / max(usual, QUIETEST_DAY_PERCENT)
    size = r.move().size
    weight += {"extreme": 2.0, "strong": 0.6}.get(size, 0)
    return Angle("move", max(weight, 0.3))


def _feed(r: Reading) -> Iterator[Angle]:
    if r.sheet.indices[0].key != r.lead.key:
        yield Angle("lead_missing", 3.0)
    if r.is_stopped:
        yield Angle("stopped", 5.0)


def _indices(r: Reading) -> Iterator[Angle]:
    """Indices that went apart: opposite signs far from each other, or the large caps alone."""
    ranked = r.ranked
    if len(ranked) < 2:
        return
    best, worst = (r.number("change_percent", ranked[at].key) for at in (0, -1))
    if best >= Decimal("0.3") and worst <= Decimal("-0.3"):
        yield Angle("split", float(best - worst) * 1.2)


def _breadth(r: Reading) -> Iterator[Angle]:
    ups, downs, ratio = r.number("advances"), r.number("declines"), r.value("breadth_ratio")
    if ratio is None:
        return
    direction = r.move().direction
    if (direction == "up" and downs > ups) or (direction == "down" and ups > downs):
        yield Angle("against_breadth", 1.2 + math.log2(float(ratio)))
    elif ratio >= 3:
        yield Angle("broad", math.log2(float(ratio)) * 0.6)


def _crossings(r: Reading) -> Iterator[Angle]:
    """Averages and round marks between the last close and this one."""
    direction = r.move().direction
    if direction == "flat":
        return
    for window, weight in (("200", 2.4), ("50", 1.9), ("20", 1.4)):
        before, now = r.value(f"before_sma{window}"), r.value(f"distance_sma{window}")
        if before is None or now is None:
            continue
        if (before < 0 < now or now < 0 < before) and not is_about(now):
            yield Angle(f"cross_{direction}", weight, window)
            break
    mark = r.value("round_crossed")
    if mark is not None and mark not in {r.value("report_resistance"), r.value("report_support")}:
        yield Angle(f"mark_{direction}", _roundness(mark))


def _roundness(mark: Decimal) -> float:
    """What a round mark is worth: 1,300 and 950 are marks, 1,250 and 280 less, 885 hardly one."""
    unit = Decimal(10) ** mark.adjusted()
    if mark % (unit / 10 if unit >= 1000 else unit / 2) == 0:
        return 1.9
    return 1.4 if mark % (unit / (20 if unit >= 1000 else 10)) == 0 and unit >= 1000 else 0.7


def _course(r: Reading) -> Iterator[Angle]:
    """A session that turned round, or one in which next to nothing moved."""
    previous, high, low = r.value("previous_close"), r.value("high"), r.value("low")
    position, percent = r.value("range_position"), r.number("change_percent")
    if previous is None or high is None or low is None or position is None:
        return
    dip, peak = (previous - low) / previous * 100, (high - previous) / previous * 100
    if dip >= Decimal("0.5") and position >= 60 and percent >= 0:
        yield Angle("turned_up", float(dip) * 1.5)
    elif peak >= Decimal("0.5") and position <= 40 and percent <= 0:
        yield Angle("turned_down", float(peak) * 1.5)


def _records(r: Reading) -> Iterator[Angle]:
    """Highest and lowest closes, largest moves. A record on the heels of another counts less."""
    direction = r.move().direction
    for name, kind, way in (
        ("sessions_highest", "highest", "up"),
        ("sessions_lowest", "lowest", "down"),
    ):
        count = r.value(name)
        if count is not None and count >= 20 and way == direction:
            again = 1.4 if _was_record(r, kind) else 0.0
            yield Angle(kind, math.log2(float(count) / 8) - again)
    for name, kind, way in (
        ("sessions_biggest_gain", "biggest_gain", "up"),
        ("sessions_biggest_loss", "biggest_loss", "down"),
    ):
        count, percent = r.value(name), abs(r.number("change_percent"))
        if count is not None and count >= 25 and percent >= 1 and way == direction:
            extreme = 1.5 if r.move().size == "extreme" else 0.0
            yield Angle(kind, math.log2(float(count) / 8) + extreme)


def _was_record(r: Reading, kind: str) -> bool:
    """Whether the close before was a record of 20 sessions, too."""
    series = r.sheet.series.get(r.lead.key)
    if series is None or len(series.closes) < 22:
        return False
    *earlier, before = series.closes[-21:-1]
    return before > max(earlier) if kind == "highest" else before < min(earlier)


def _streaks(r: Reading) -> Iterator[Angle]:
    direction = r.move().direction
    for name, way in (("streak_up", "up"), ("streak_down", "down")):
        count = r.value(name)
        if count is not None and count >= 3 and way == direction:
            yield Angle(name, (float(count) - 1) * 0.5)
    for name in ("broken_streak_up", "broken_streak_down"):
        count = r.value(name)
        if count is not None and count >= 3 and direction != "flat":
            yield Angle(name, (float(count) - 1) * 0.55)


def _volume(r: Reading) -> Iterator[Angle]:
    against = float(r.number("volume_vs_avg20"))
    for name, kind, extra in (
        ("sessions_highest_volume", "volume_high", max(against - 25, 0) / 40),
        ("sessions_lowest_volume", "volume_low", max(-against - 25, 0) / 40),
    ):
        count = r.value(name)
        if count is not None and count >= 15:
            yield Angle(kind, min(math.log2(float(count) / 12) + extra, MOST_OF_VOLUME))
