"""The section on trend and levels: averages, several windows, momentum, the year, the levels."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from reports.document import Section
from reports.writing.writers.angles import Angle
from reports.writing.writers.market_sections import (
    level_names,
    list_block,
    paragraph,
    section,
)
from reports.writing.writers.reading import is_about
from reports.writing.writers.speech import FactName, Speech

WINDOWS = ("20", "50", "200")
RSI_ZONES = ((70, "overbought"), (57, "firm"), (43, "neutral"), (30, "soft"))
STEADY = (Decimal("0.88"), Decimal("1.12"))
NEAR_YEAR_END = Decimal(4)


def trend(s: Speech, day: Sequence[Angle]) -> Section:
    """What leads is the day's: an extreme of the year after a record, momentum when stretched."""
    averages = paragraph(_averages(s), _returns(s))
    momentum = paragraph(_rsi(s), _volatility(s))
    year = paragraph(_year(s))
    parts = [averages, momentum, year]
    kinds = {item.kind for item in day[:3]}
    if kinds & {"highest", "lowest"}:
        parts = [year, averages, momentum]
    elif _zone(s) in {"overbought", "oversold"}:
        parts = [momentum, averages, year]
    blocks = [block for part in parts for block in part]
    return section(s, "trend", *blocks, *list_block(_levels(s)))


def _averages(s: Speech) -> str:
    r = s.r
    known = [window for window in WINDOWS if r.has(f"distance_sma{window}")]
    near = [window for window in known if is_about(r.number(f"distance_sma{window}"))]
    far = [window for window in known if window not in near]
    over = [window for window in far if r.number(f"distance_sma{window}") > 0]
    under = [window for window in far if window not in over]
    if near:
        return _about(s, near, over, under)
    if len(known) == len(WINDOWS) and not (over and under):
        return s.say("averages.above" if over else "averages.below")
    if over and under:
        return s.say("averages.mixed", over=_named(s, over), under=_named(s, under))
    if over:
        return s.say("averages.some_above", over=_named(s, over))
    return s.say("averages.some_below", under=_named(s, under)) if under else ""


def _about(s: Speech, near: Sequence[str], over: Sequence[str], under: Sequence[str]) -> str:
    """Averages that the index all but touches, and the sides of the others."""
    sides = "_mixed" if over and under else "_above" if over else "_below" if under else ""
    groups = {"near": near, "over": over, "under": under}
    named = {word: _named(s, windows) for word, windows in groups.items() if windows}
    return s.say(f"averages.about{sides}", **named)


def _named(s: Speech, windows: Sequence[str]) -> str:
    """`trung bình 20 phiên (1.765,21) và trung bình 50 phiên (1.797,69)`."""
    return s.join(
        [
            f"{s.word(f'level.short.sma{window}')} ({FactName(f'{s.r.lead.key}.sma{window}'):})"
            for window in windows
        ]
    )


def _returns(s: Speech) -> str:
    r = s.r
    if not r.has("return5", "return20", "return60"):
        return ""
    week, month, quarter = (r.number(f"return{window}") for window in (5, 20, 60))
    if min(week, month, quarter) > 0:
        return s.say("returns.all_up")
    if max(week, month, quarter) < 0:
        return s.say("returns.all_down")
    if week > 0 > quarter:
        return s.say("returns.turning_up")
    if week < 0 < quarter:
        return s.say("returns.turning_down")
    return s.say("returns.mixed")


def _zone(s: Speech) -> str:
    strength = s.r.value("rsi14")
    if strength is None:
        return ""
    return next((name for bound, name in RSI_ZONES if strength >= bound), "oversold")


def _rsi(s: Speech) -> str:
    zone = _zone(s)
    return s.say(f"rsi.{zone}") if zone else ""


def _volatility(s: Speech) -> str:
    now, before = s.r.value("volatility20"), s.r.value("volatility60")
    if now is None:
        return ""
    if not before:
        return s.say("volatility.alone")
    low, high = STEADY
    ratio = now / before
    name = "rising" if ratio >= high else "falling" if ratio <= low else "steady"
    return s.say(f"volatility.{name}")


def _year(s: Speech) -> str:
    r = s.r
    if not r.has("distance_high_52w", "distance_low_52w"):
        return ""
    below, above = -r.number("distance_high_52w"), r.number("distance_low_52w")
    if r.stands_at("high_52w"):
        return s.say("year.at_high")
    if r.stands_at("low_52w"):
        return s.say("year.at_low")
    if below < NEAR_YEAR_END:
        return s.say("year.near_high")
    return s.say("year.near_low" if above < NEAR_YEAR_END else "year.between")


def _levels(s: Speech) -> list[str]:
    sides = ["resistance", "support"]
    if s.r.move().direction == "down":
        sides.reverse()
    names = level_names(s)
    return [s.say(f"level.{side}", **names) for side in sides if s.r.has(side)]
