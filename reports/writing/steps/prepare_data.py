"""Freeze the numbers: what the database holds of now, and the day bars behind it, as facts.

The database owns the truth: figures are those of the newest accepted quotes and of the newest
stored overview. Redis says only what is wrong with an index, and that is never a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from market import snapshot
from market.history import bars_before
from market.models import Index, Overview, Quote, load_calendar
from market.overview_parts import is_number
from market.sessions import VIETNAM, Calendar, is_stale
from market.sources import CLOSE_SOURCES, COIN_SOURCES, GLOBAL_SOURCES, SENTIMENT_SOURCES
from marketsite import clock
from reports import facts
from reports.analysis import (
    YEAR_SESSIONS,
    BarInput,
    CryptoInput,
    IndexInput,
    MarketData,
    build_facts,
)
from reports.crypto_facts import NAMES
from reports.inputs import rounded
from reports.models import Run
from reports.writing.last import compared_facts, real_reports

BARS = YEAR_SESSIONS + 10


class NoNumbers(Exception):
    """No index is known yet; a later attempt may find a quote."""


def run(_run: Run) -> dict[str, Any]:
    """The fact sheet as JSON; raises NoNumbers rather than freeze a sheet without any."""
    current = snapshot.read()
    indices = list(Index.objects.filter(active=True))
    quotes, simulated = _quotes()
    now, calendar = clock.now(), load_calendar()
    aware = calendar.opened_by(quote.as_of for quote in quotes.values())
    inputs = [_input(index, quotes.get(index.code), current, now, aware) for index in indices]
    if all(item.price is None for item in inputs):
        reasons = sorted({item.error or snapshot.NEVER_FETCHED for item in inputs})
        raise NoNumbers(f"no index has a known price: {'; '.join(reasons)}")
    data = MarketData(
        indices=tuple(inputs),
        bars=_bars(indices, inputs, simulated),
        now=now,
        simulated=simulated,
        calendar=calendar,
        crypto=_crypto(simulated),
        previous=compared_facts(real_reports().filter(simulated=simulated, facts__isnull=False)),
    )
    return facts.to_json(build_facts(data))


def _quotes() -> tuple[dict[str, Quote], bool]:
    """The newest quotes by code, and whether they are simulated: only when no real one exists."""
    quotes = snapshot.newest_quotes(simulated=False)
    if quotes or settings.MARKET_DEMO != "auto":
        return quotes, False
    quotes = snapshot.newest_quotes(simulated=True)
    return quotes, bool(quotes)


def _input(
    index: Index,
    quote: Quote | None,
    current: snapshot.Snapshot,
    now: datetime,
    calendar: Calendar,
) -> IndexInput:
    entry = current["indices"].get(index.key)
    error = entry["error"] if entry else snapshot.NEVER_FETCHED
    if quote is None:
        error = error or snapshot.NEVER_FETCHED
        return IndexInput(index.code, index.key, index.exchange, error=error, name=index.name)
    tolerance = timedelta(seconds=settings.MARKET_SNAPSHOT_SECONDS)
    return IndexInput(
        code=index.code,
        key=index.key,
        exchange=index.exchange,
        price=rounded(quote.price),
        previous_close=rounded(quote.previous_close),
        open=_plain(quote.open),
        high=_plain(quote.high),
        low=_plain(quote.low),
        volume=quote.volume,
        value=quote.value,
        advances=quote.advances,
        declines=quote.declines,
        unchanged=quote.unchanged,
        ceilings=quote.ceilings,
        floors=quote.floors,
        as_of=quote.as_of,
        source=quote.source,
        agreement=quote.agreement,
        second_price=_plain(quote.second_price),
        second_source=quote.second_source,
        stale=is_stale(quote.as_of, now, index.exchange, calendar, tolerance),
        error=error,
        name=index.name,
    )


def _plain(value: Decimal | None) -> Decimal | None:
    return None if value is None else rounded(value)


def _bars(
    indices: Sequence[Index], inputs: Sequence[IndexInput], simulated: bool
) -> dict[str, list[BarInput]]:
    found = {}
    for index, item in zip(indices, inputs, strict=True):
        if item.as_of is None:
            continue
        day = item.as_of.astimezone(VIETNAM).date()
        found[index.code] = [BarInput(*bar) for bar in bars_before(index, day, BARS, simulated)]
    return found


def _crypto(simulated: bool) -> CryptoInput | None:
    """The newest overview of the same kind as the quotes; real and simulated are never mixed."""
    row = Overview.objects.filter(simulated=simulated).order_by("-fetched_at").first()
    if row is None or not isinstance(row.data, dict):
        return None
    figures = {
        name: Decimal(str(row.data[name])) for name in NAMES if is_number(row.data.get(name))
    }
    reasons = row.data.get("partial_failure")
    return CryptoInput(
        row.fetched_at,
        figures,
        {name: _source(name, row.data) for name in figures},
        reasons if isinstance(reasons, dict) else {},
    )


def _source(name: str, data: Mapping[str, Any]) -> str:
    """Who gave a figure: those of the overview's sources that give its kind."""
    if data.get("simulated"):
        return "demo"
    kinds = {"price_usd": COIN_SOURCES, "change_24h": COIN_SOURCES, "rsi_14": CLOSE_SOURCES}
    kind = kinds.get(name.partition("_")[2], GLOBAL_SOURCES)
    kind = SENTIMENT_SOURCES if name == "fng_value" else kind
    return " + ".join(source for source in data.get("data_sources", ()) if source in kind)
