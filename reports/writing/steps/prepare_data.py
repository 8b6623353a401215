"""Freeze the numbers: what the snapshot says now, and the day bars behind it, as facts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from market import snapshot
from market.history import bars_before
from market.models import Index, Quote, load_calendar
from market.sessions import VIETNAM
from marketsite import clock
from reports import facts
from reports.analysis import YEAR_SESSIONS, BarInput, IndexInput, MarketData, build_facts
from reports.models import Run

BARS = YEAR_SESSIONS + 10


class NoNumbers(Exception):
    """No index is known yet; a later attempt may find a snapshot."""


def run(_run: Run, _outputs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The fact sheet as JSON; raises NoNumbers rather than freeze a sheet without any."""
    current = snapshot.read()
    indices = list(Index.objects.filter(active=True))
    inputs = [_input(index, current) for index in indices]
    if all(item.price is None for item in inputs):
        reasons = sorted({item.error or snapshot.NEVER_FETCHED for item in inputs})
        raise NoNumbers(f"no index has a known price: {'; '.join(reasons)}")
    data = MarketData(
        indices=tuple(inputs),
        bars=_bars(indices, inputs, current["simulated"]),
        now=clock.now(),
        simulated=current["simulated"],
        calendar=load_calendar(),
    )
    return facts.to_json(build_facts(data))


def _input(index: Index, current: snapshot.Snapshot) -> IndexInput:
    entry = current["indices"].get(index.key)
    value = entry["value"] if entry else None
    error = entry["error"] if entry else snapshot.NEVER_FETCHED
    if value is None:
        return IndexInput(index.code, index.key, index.exchange, error=error, name=index.name)
    as_of = clock.parse(value["as_of"])
    quote = Quote.objects.filter(index=index, as_of=as_of, source=value["source"]).first()
    return IndexInput(
        code=index.code,
        key=index.key,
        exchange=index.exchange,
        price=_decimal(value["close"]),
        previous_close=_decimal(value["previous_close"]),
        open=_decimal(value["open"]),
        high=_decimal(value["high"]),
        low=_decimal(value["low"]),
        volume=value["volume"],
        value=value["value"],
        advances=quote.advances if quote else None,
        declines=quote.declines if quote else None,
        unchanged=quote.unchanged if quote else None,
        ceilings=quote.ceilings if quote else None,
        floors=quote.floors if quote else None,
        as_of=as_of,
        source=value["source"],
        agreement=value["agreement"],
        stale=value["stale"],
        error=error,
        name=index.name,
    )


def _bars(
    indices: Sequence[Index], inputs: Sequence[IndexInput], simulated: bool
) -> dict[str, list[BarInput]]:
    found = {}
    for index, item in zip(indices, inputs, strict=True):
        if item.as_of is None:
            continue
        day = item.as_of.astimezone(VIETNAM).date()
        found[index.code] = [
            BarInput(bar.day, bar.high, bar.low, bar.close, bar.volume, bar.source)
            for bar in bars_before(index, day, BARS, simulated)
        ]
    return found


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))
