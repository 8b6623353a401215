"""Fifty reports of the offline analyst to try the verifier on: real sessions, four indices beside.

VNINDEX is the committed history; the other indices follow it at a distance of their own, and the
breadth follows the day's move, so that every kind of sentence is written.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

from market.sessions import Calendar
from reports.analysis import build_facts
from reports.document import Callout, Document, ListBlock, Paragraph
from reports.facts import FactSheet
from reports.inputs import BarInput, CryptoInput, IndexInput, MarketData
from reports.writing.writers.analyst import Analyst
from reports.writing.writers.base import Brief, Draft

HISTORY = Path(__file__).parent.parent / "tests/fixtures/history/VNINDEX_daily_2015_2023_MIT.csv"
REPORTS = 50
BARS = 260
# code, key, exchange, level against VNINDEX, how much of its move it follows
OTHERS = (
    ("VN30", "vn30", "HOSE", "1.02", 0.9),
    ("HNXINDEX", "hnxindex", "HNX", "0.17", 0.6),
    ("HNX30", "hnx30", "HNX", "0.35", 0.7),
    ("UPCOMINDEX", "upcomindex", "UPCOM", "0.08", 0.3),
)
COINS = ("btc", "eth", "sol", "xrp", "ada", "link", "bnb")


@dataclass(frozen=True)
class Row:
    day: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


@dataclass(frozen=True)
class Report:
    """One draft with its sheet, and the texts that a writer would have written."""

    sheet: FactSheet
    draft: Draft

    def prose(self, language: str) -> Iterator[tuple[str, str]]:
        """Section and text of headline, paragraphs, lists and callouts."""
        document = self.draft.vi if language == "vi" else self.draft.en
        yield from prose(document)


def prose(document: Document) -> Iterator[tuple[str, str]]:
    yield "headline", document.title
    yield "headline", document.standfirst
    for section in document.sections:
        if section.id in {"scenarios", "numbers", "calendar"}:
            continue
        for block in section.blocks:
            match block:
                case Paragraph(text):
                    yield section.id, text
                case ListBlock(items):
                    yield from ((section.id, item) for item in items)
                case Callout(title, text):
                    yield from ((section.id, item) for item in (title, text))


@cache
def rows() -> tuple[Row, ...]:
    found: dict[date, Row] = {}  # one day stands twice in the file
    with HISTORY.open() as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["Time"][:10])
            first, high, low, last = (
                Decimal(row[name]) for name in ("Open", "High", "Low", "Close")
            )
            found.setdefault(day, Row(day, first, high, low, last, int(row["Volume"])))
    return tuple(found.values())


@cache
def sheet_of(day: date, number: int) -> FactSheet:
    """The sheet after the close of one day."""
    end = next(at for at, row in enumerate(rows()) if row.day == day)
    return build_facts(market(end, number))


@cache
def reports(count: int = REPORTS) -> tuple[Report, ...]:
    """Reports of sessions spread over the history, each edition in turn."""
    step = (len(rows()) - BARS - 2) // count
    return tuple(_report(BARS + 1 + step * at, at) for at in range(count))


def _report(end: int, number: int) -> Report:
    sheet = build_facts(market(end, number))
    return Report(sheet, Analyst().write(Brief(sheet, "afternoon")))


def market(end: int, number: int) -> MarketData:
    """The market after the close of row `end`."""
    chance = random.Random(number)  # noqa: S311
    known = rows()[end - BARS : end + 1]
    moment = datetime.combine(known[-1].day, time(7, 45), tzinfo=UTC)
    indices = [_index(("VNINDEX", "vnindex", "HOSE"), known, moment, chance, full=True)]
    bars = {"VNINDEX": _bars(known)}
    for code, key, exchange, level, share in OTHERS:
        own = _following(known, Decimal(level), share, chance)
        indices.append(_index((code, key, exchange), own, moment, chance, full=False))
        bars[code] = _bars(own)
    now = datetime.combine(known[-1].day, time(8, 10), tzinfo=UTC)
    return MarketData(tuple(indices), bars, now, False, Calendar(), crypto=_crypto(now, chance))


def _following(
    known: Sequence[Row], level: Decimal, share: float, chance: random.Random
) -> list[Row]:
    """An index that goes its own way as well: the day's factor is partly VNINDEX's."""
    close = known[0].close * level
    found = [_flat(known[0], close)]
    for before, after in pairwise(known):
        move = float(after.close / before.close - 1) * share + chance.gauss(0, 0.006)
        close = (close * Decimal(str(1 + move))).quantize(Decimal("0.01"))
        found.append(_flat(after, close))
    return found


def _flat(row: Row, close: Decimal) -> Row:
    high, low = (
        (close * edge).quantize(Decimal("0.01")) for edge in (Decimal("1.004"), Decimal("0.996"))
    )
    level = close.quantize(Decimal("0.01"))
    return Row(row.day, level, high, low, level, row.volume // 9)


def _bars(known: Sequence[Row]) -> list[BarInput]:
    return [
        BarInput(row.day, row.high, row.low, row.close, row.volume, "csv") for row in known[:-1]
    ]


def _index(
    names: tuple[str, str, str],
    known: Sequence[Row],
    moment: datetime,
    chance: random.Random,
    full: bool,
) -> IndexInput:
    code, key, exchange = names
    last, before = known[-1], known[-2]
    move = float(last.close / before.close - 1)
    ups = max(5, min(380, int(200 + move * 9000 + chance.gauss(0, 20))))
    return IndexInput(
        code=code,
        key=key,
        exchange=exchange,
        price=last.close,
        previous_close=before.close,
        open=last.open if full else None,
        high=last.high if full else None,
        low=last.low if full else None,
        volume=last.volume,
        value=last.volume * chance.randint(15_000, 24_000),
        advances=ups,
        declines=max(9, 400 - ups - chance.randint(0, 40)),
        unchanged=chance.randint(40, 79),
        ceilings=chance.randint(1, 19),
        floors=chance.randint(20, 39),
        as_of=moment,
        source="csv",
    )


def _crypto(now: datetime, chance: random.Random) -> CryptoInput:
    prices = (64210.5, 3120.4, 148.22, 0.5812, 0.4410, 13.871, 571.12)
    figures: dict[str, float] = {
        "market_cap_usd": 2.41e12, "market_cap_change_percentage_24h_usd": chance.gauss(0, 2),
        "volume_24h_usd": 8.13e10, "btc_market_cap_percentage": 54.3,
        "eth_market_cap_percentage": 17.2, "fng_value": chance.randint(12, 88),
    }  # fmt: skip
    for coin, price in zip(COINS, prices, strict=True):
        figures[f"{coin}_price_usd"] = price
        figures[f"{coin}_change_24h"] = chance.gauss(0, 3)
        figures[f"{coin}_rsi_14"] = chance.uniform(25, 75)
    known = {name: Decimal(str(round(value, 4))) for name, value in figures.items()}
    return CryptoInput(now, known, dict.fromkeys(known, "coingecko"))
