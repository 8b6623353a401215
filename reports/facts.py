"""Every figure that a report may name, with its unit, time, source and derivation.

Plain values: the pipeline's first step freezes the sheet as JSON, and everything later (text,
tables, charts, checks) draws on it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from market import formats

# What can be said of an index or a coin, in the order in which a reader wants to find it.
FACT_NAMES = (
    "close", "second_close", "previous_close", "change", "change_percent", "open", "high", "low",
    "open_gap", "distance_high", "distance_low", "range_percent", "range_position",
    "volume", "volume_avg20", "volume_vs_avg20", "value",
    "advances", "declines", "unchanged", "ceilings", "floors", "breadth_ratio",
    "streak_up", "streak_down", "broken_streak_up", "broken_streak_down",
    "sessions_highest", "sessions_lowest",
    "sessions_biggest_gain", "sessions_biggest_loss",
    "sessions_highest_volume", "sessions_lowest_volume",
    "sma20", "distance_sma20", "before_sma20", "sma50", "distance_sma50", "before_sma50",
    "sma200", "distance_sma200", "before_sma200",
    "rsi14", "volatility20", "volatility60", "return5", "return20", "return60", "return250",
    "high_20", "distance_high_20", "low_20", "distance_low_20",
    "high_52w", "distance_high_52w", "low_52w", "distance_low_52w",
    "round_crossed", "round_above", "round_below", "support", "resistance",
    "p_above", "p_between", "p_below",
    "vs_lead", "correlation20",
    "price", "market_cap", "volume_24h", "dominance_btc", "dominance_eth", "fear_greed", "coins",
    "report_close", "report_price", "since_report", "since_report_percent",
    "report_support", "report_resistance",
)  # fmt: skip
# Subjects beside the indices, as they stand in the table of all figures, by their names in text.
CRYPTO_SUBJECTS = {
    "btc": "Bitcoin",
    "eth": "Ethereum",
    "sol": "Solana",
    "xrp": "XRP",
    "ada": "Cardano",
    "link": "Chainlink",
    "bnb": "BNB",
    "crypto": "",
}


class Fact(NamedTuple):
    """One figure.

    `unit` is points, percent (a move), proportion (in percent), chance (in percent),
    percentage_points, shares, vnd, usd, count, ratio, coefficient (of correlation) or index (a
    gauge without a unit).
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
    """Something a reader would look for and not find, with the reason as a code and its details.

    `index` is the key of an index, or a subject of the crypto section.
    """

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
    """All facts of one report, frozen at `now`.

    `session_number` counts trading days, so that one session's report can differ from the last's.
    """

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
    session_number: int = 0

    def value(self, key: str) -> Decimal | None:
        fact = self.facts.get(key)
        return fact.value if fact else None

    def index_name(self, key: str) -> str:
        """The name of the index that a fact's key begins with."""
        names = {state.key: state.display_name for state in self.indices} | CRYPTO_SUBJECTS
        return names.get(key) or formats.index_name(key.upper())

    @property
    def subjects(self) -> tuple[str, ...]:
        """What facts are about, in reading order: the indices, then coins and their market."""
        return (*(state.key for state in self.indices), *CRYPTO_SUBJECTS)

    @property
    def sources(self) -> tuple[str, ...]:
        """Who gave the figures: of the indices first, then of coins and their market."""
        found = dict.fromkeys(state.source for state in self.indices if state.known)
        for key, fact in self.facts.items():
            if key.partition(".")[0] in CRYPTO_SUBJECTS:
                found |= dict.fromkeys(fact.source.split(" + "))
        return tuple(source for source in found if source)

    @property
    def data_as_of(self) -> datetime | None:
        """As-of time of the newest figure of an index; coins trade on when markets are closed."""
        times = [
            fact.as_of
            for key, fact in self.facts.items()
            if key.partition(".")[0] not in CRYPTO_SUBJECTS
        ]
        return max(times) if times else None


def to_json(sheet: FactSheet) -> dict[str, Any]:
    """Plain JSON values, decimals as text; `from_json` gives the same sheet back."""
    return {
        "now": _iso(sheet.now),
        "session": sheet.session,
        "session_day": sheet.session_day.isoformat(),
        "next_session": sheet.next_session.isoformat(),
        "holidays": [day.isoformat() for day in sheet.holidays],
        "session_number": sheet.session_number,
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
        "series": series_json(sheet),
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


def series_json(sheet: FactSheet) -> dict[str, dict[str, Any]]:
    """The series alone, as in `to_json`."""
    return {
        key: {
            "days": [day.isoformat() for day in series.days],
            "closes": [_plain(value) for value in series.closes],
            "averages": [None if value is None else _plain(value) for value in series.averages],
        }
        for key, series in sheet.series.items()
    }


def from_json(data: Mapping[str, Any]) -> FactSheet:
    """The sheet in JSON that `to_json` made; KeyError or ValueError for anything else."""
    moment = cache(datetime.fromisoformat)  # hundreds of facts share a few
    return FactSheet(
        now=datetime.fromisoformat(data["now"]),
        session=data["session"],
        session_day=date.fromisoformat(data["session_day"]),
        next_session=date.fromisoformat(data["next_session"]),
        holidays=tuple(date.fromisoformat(day) for day in data["holidays"]),
        session_number=data.get("session_number", 0),  # older sheets count none
        simulated=data["simulated"],
        indices=tuple(
            IndexState(**{**state, "session_day": _optional_day(state["session_day"])})
            for state in data["indices"]
        ),
        facts={key: _fact(key, fact, moment) for key, fact in data["facts"].items()},
        series={
            key: Series(
                tuple(map(date.fromisoformat, item["days"])),
                tuple(map(Decimal, item["closes"])),
                tuple([None if value is None else Decimal(value) for value in item["averages"]]),
            )
            for key, item in data["series"].items()
        },
        gaps=tuple(
            Gap(gap["index"], gap["reason"], gap["detail"], _optional_day(gap["day"]))
            for gap in data["gaps"]
        ),
    )


def _fact(key: str, data: Mapping[str, Any], moment: Callable[[str], datetime]) -> Fact:
    return Fact(
        key,
        Decimal(data["value"]),
        data["unit"],
        moment(data["as_of"]),
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
