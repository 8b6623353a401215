"""Facts that hold one thing against another: index and index, this report and the last one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from market import formats, indicators
from market.sessions import VIETNAM
from reports import records
from reports.facts import Fact, FactSheet
from reports.inputs import IndexInput, MarketData, derived

CORRELATED_SESSIONS = 20
COMPARED = (".close", ".price", ".support", ".resistance")  # what a report keeps of the last one


def index_comparisons(data: MarketData, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """The first index against each other one: the day's moves, and how alike they move."""
    if not data.indices or f"{data.indices[0].key}.change_percent" not in facts:
        return {}
    first, *others = data.indices
    found = []
    for other in others:
        if f"{other.key}.change_percent" in facts and _same_day(first, other):
            found += [_ahead(first, other, facts), *_correlation(first, other, data, facts)]
    return {fact.key: fact for fact in found}


def _same_day(first: IndexInput, other: IndexInput) -> bool:
    return _day(first) == _day(other)


def _day(index: IndexInput) -> date | None:
    return index.as_of.astimezone(VIETNAM).date() if index.as_of else None


def _ahead(first: IndexInput, other: IndexInput, facts: Mapping[str, Fact]) -> Fact:
    """How much further up than the first index, in percentage points."""
    own, lead = facts[f"{other.key}.change_percent"], facts[f"{first.key}.change_percent"]
    name = first.name or formats.index_name(first.code)
    return derived(
        own,
        "vs_lead",
        own.value - lead.value,
        "percentage_points",
        f"the change in percent minus that of {name}",
        (own.key, lead.key),
    )


def _correlation(
    first: IndexInput, other: IndexInput, data: MarketData, facts: Mapping[str, Fact]
) -> list[Fact]:
    """Correlation of the last 20 daily moves, of days on which both have a close."""
    a, b = _closes(first, data), _closes(other, data)
    days = sorted(a.keys() & b.keys())[-CORRELATED_SESSIONS - 1 :]
    if len(days) <= CORRELATED_SESSIONS:
        return []
    value = records.correlation(
        records.moves([a[day] for day in days]), records.moves([b[day] for day in days])
    )
    if value is None:
        return []
    name = first.name or formats.index_name(first.code)
    method = f"correlation of the last {CORRELATED_SESSIONS} daily moves with {name}"
    own = facts[f"{other.key}.close"]
    basis = (own.key, f"{first.key}.close")
    return [derived(own, "correlation20", value, "coefficient", method, basis)]


def _closes(index: IndexInput, data: MarketData) -> dict[date, Decimal]:
    """Closes by day, the quote's last; none when the stored ones end before it."""
    day = _day(index)
    bars = [bar for bar in data.bars.get(index.code, ()) if day and bar.day < day]
    if day is None or index.price is None or not bars:
        return {}
    if data.calendar.sessions_between(bars[-1].day, day) > 1:
        return {}
    recent = bars[-CORRELATED_SESSIONS - 5 :]
    return {**{bar.day: bar.close for bar in recent}, day: index.price}


def report_comparisons(previous: FactSheet | None, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """What the last report said, as facts of that time, and how far things moved since."""
    if previous is None:
        return {}
    found: list[Fact] = []
    for key in [key for key in facts if key.endswith((".close", ".price"))]:
        subject, _, name = key.partition(".")
        before = previous.facts.get(key)
        if before is None or before.as_of >= facts[key].as_of or not before.value:
            continue
        found += _since(facts[key], before, f"{subject}.report_{name}")
        found += _levels_then(previous, subject)
    return {fact.key: fact for fact in found}


def _since(now: Fact, before: Fact, name: str) -> list[Fact]:
    then = before._replace(key=name)
    value = name.partition(".")[2]
    moved = indicators.change_percent(now.value, before.value)
    method = f"({now.key.partition('.')[2]} - {value}) / {value} × 100"
    basis = (now.key, name)
    found = [then, derived(now, "since_report_percent", moved, "percent", method, basis)]
    if now.unit == "points":
        words = f"close - {value}"
        found.append(derived(now, "since_report", now.value - before.value, "points", words, basis))
    return found


def _levels_then(previous: FactSheet, subject: str) -> list[Fact]:
    """The levels that the last report told its readers to watch."""
    return [
        fact._replace(key=f"{subject}.report_{side}", method="as the last report said", basis=())
        for side in ("support", "resistance")
        if (fact := previous.facts.get(f"{subject}.{side}"))
    ]
