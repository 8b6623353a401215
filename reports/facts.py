"""Every figure that a report may name, with its unit, time, source and derivation.

Plain values: the pipeline's first step freezes the sheet as JSON, and everything later (text,
tables, charts, checks) draws on it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from market import formats

# What can be said of an index, in the order in which a reader wants to find it.
FACT_NAMES = (
    "close", "previous_close", "change", "change_percent", "open", "high", "low",
    "volume", "volume_avg20", "volume_vs_avg20", "value",
    "advances", "declines", "unchanged", "ceilings", "floors",
    "sma20", "distance_sma20", "sma50", "distance_sma50", "sma200", "distance_sma200",
    "rsi14", "volatility20", "return20",
    "high_20", "distance_high_20", "low_20", "distance_low_20",
    "high_52w", "distance_high_52w", "low_52w", "distance_low_52w",
    "round_above", "round_below", "support", "resistance", "p_above", "p_between", "p_below",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure.

    `unit` is points, percent (a move), proportion (in percent), chance (in percent), shares, vnd,
    count or ratio.
    `kind` is observed (a source said it) or derived (`method` from the facts in `basis` and from
    the stored closes).
    """

    key: str
    value: Decimal
    unit: str
    as_of: datetime
    source: str
    agreement: str = "single"
    kind: str = "observed"
    method: str = ""
    basis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Something a reader would look for and not find, with the reason as a code and its details."""

    index: str
    reason: str
    detail: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Closes of the last sessions of one index, the quote's last, and their 20-session average."""

    days: tuple[date, ...]
    closes: tuple[Decimal, ...]
    averages: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class IndexState:
    """What the words need to know of an index beside its figures."""

    code: str
    key: str
    known: bool
    stale: bool
    session_day: date | None
    source: str
    agreement: str
    error: str | None
    name: str = ""

    @property
    def display_name(self) -> str:
        """Its name in text; an older sheet has none of its own."""
        return self.name or formats.index_name(self.code)


@dataclass(frozen=True, slots=True)
class FactSheet:
    """All facts of one report, frozen at `now`."""

    now: datetime
    session: str
    session_day: date
    next_session: date
    holidays: tuple[date, ...]
    simulated: bool
    indices: tuple[IndexState, ...]
    facts: dict[str, Fact] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()

    def value(self, key: str) -> Decimal | None:
        fact = self.facts.get(key)
        return fact.value if fact else None

    def index_name(self, key: str) -> str:
        """The name of the index that a fact's key begins with."""
        names = {state.key: state.display_name for state in self.indices}
        return names.get(key) or formats.index_name(key.upper())

    @property
    def data_as_of(self) -> datetime | None:
        """As-of time of the newest observed figure."""
        times = [fact.as_of for fact in self.facts.values()]
        return max(times) if times else None


def to_json(sheet: FactSheet) -> dict[str, Any]:
    """Plain JSON values, decimals as text; `from_json` gives the same sheet back."""
    return {
        "now": _iso(sheet.now),
        "session": sheet.session,
        "session_day": sheet.session_day.isoformat(),
        "next_session": sheet.next_session.isoformat(),
        "holidays": [day.isoformat() for day in sheet.holidays],
        "simulated": sheet.simulated,
        "indices": [
            {
                "code": state.code,
                "key": state.key,
                "known": state.known,
                "stale": state.stale,
                "session_day": state.session_day.isoformat() if state.session_day else None,
                "source": state.source,
                "agreement": state.agreement,
                "error": state.error,
                "name": state.name,
            }
            for state in sheet.indices
        ],
        "facts": {key: _fact_json(fact) for key, fact in sheet.facts.items()},
        "series": {key: _series_json(series) for key, series in sheet.series.items()},
        "gaps": [
            {
                "index": gap.index,
                "reason": gap.reason,
                "detail": gap.detail,
                "day": gap.day.isoformat() if gap.day else None,
            }
            for gap in sheet.gaps
        ],
    }


def _fact_json(fact: Fact) -> dict[str, Any]:
    return {
        "value": _plain(fact.value),
        "unit": fact.unit,
        "as_of": _iso(fact.as_of),
        "source": fact.source,
        "agreement": fact.agreement,
        "kind": fact.kind,
        "method": fact.method,
        "basis": list(fact.basis),
    }


def _series_json(series: Series) -> dict[str, Any]:
    return {
        "days": [day.isoformat() for day in series.days],
        "closes": [_plain(value) for value in series.closes],
        "averages": [None if value is None else _plain(value) for value in series.averages],
    }


def from_json(data: Mapping[str, Any]) -> FactSheet:
    """The sheet in JSON that `to_json` made; KeyError or ValueError for anything else."""
    return FactSheet(
        now=datetime.fromisoformat(data["now"]),
        session=data["session"],
        session_day=date.fromisoformat(data["session_day"]),
        next_session=date.fromisoformat(data["next_session"]),
        holidays=tuple(date.fromisoformat(day) for day in data["holidays"]),
        simulated=data["simulated"],
        indices=tuple(
            IndexState(**{**state, "session_day": _optional_day(state["session_day"])})
            for state in data["indices"]
        ),
        facts={key: _fact(key, fact) for key, fact in data["facts"].items()},
        series={
            key: Series(
                tuple(date.fromisoformat(day) for day in item["days"]),
                tuple(Decimal(value) for value in item["closes"]),
                tuple(None if value is None else Decimal(value) for value in item["averages"]),
            )
            for key, item in data["series"].items()
        },
        gaps=tuple(
            Gap(gap["index"], gap["reason"], gap["detail"], _optional_day(gap["day"]))
            for gap in data["gaps"]
        ),
    )


def _fact(key: str, data: Mapping[str, Any]) -> Fact:
    return Fact(
        key,
        Decimal(data["value"]),
        data["unit"],
        datetime.fromisoformat(data["as_of"]),
        data["source"],
        data["agreement"],
        data["kind"],
        data["method"],
        tuple(data["basis"]),
    )


def _optional_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _plain(value: Decimal) -> str:
    return format(value, "f")
