from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from market.models import Quote
from market.strip import Strip, StripItem, breadth, market_strip

SAME_MOMENT = timedelta(seconds=1)  # the snapshot keeps milliseconds, the database more


@require_safe
def indices(request: HttpRequest) -> HttpResponse:
    """All followed indices with everything known about them."""
    strip = market_strip()
    quotes = breadth()
    rows = [{"item": item, "quote": _same_reading(item, quotes)} for item in strip.items]
    ranges = any(item.low and item.high for item in strip.items)
    context = {"rows": rows, "ranges": ranges, "problems": _problems(strip), "strip": strip}
    return render(request, "market/indices.html", context)


def _problems(strip: Strip) -> list[dict[str, object]]:
    """Why values could not be renewed, each reason once with the indices that it met."""
    names: dict[str, list[str]] = {}
    for item in strip.items:
        if item.error:
            names.setdefault(item.error, []).append(item.name)
    return [{"reason": reason, "names": met} for reason, met in names.items()]


def _same_reading(item: StripItem, quotes: dict[str, Quote]) -> Quote | None:
    """The stored quote of the shown value: breadth of another moment must not stand beside it."""
    quote = quotes.get(item.key)
    if quote is None or item.as_of is None:
        return None
    return quote if abs(quote.as_of - item.as_of) < SAME_MOMENT else None
