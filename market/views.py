from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from market import ranges, reasons, silence
from market.day_lines import DayLine, day_lines
from market.models import Index, Quote, load_calendar
from market.overview import crypto_view
from market.sessions import session_at
from market.strip import SESSION_LABELS, Strip, StripItem, breadth, market_strip
from marketsite.language import page_language

SAME_MOMENT = timedelta(seconds=1)  # the snapshot keeps milliseconds, the database more


@require_safe
def indices(request: HttpRequest) -> HttpResponse:
    """All followed indices with everything known about them, and the crypto overview."""
    strip = market_strip()
    context = {
        "groups": _groups(strip),
        "ranges": _have_ranges(strip),
        "problems": _problems(strip),
        "strip": strip,
        "crypto": crypto_view(),
    }
    return render(request, "market/indices.html", context)


@require_safe
def index_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One index: its figures, how well they are known, and its history as chart and table."""
    index = Index.objects.followed(code)
    if index is None:
        raise Http404
    if code != index.key:
        return _to_canonical(request, index)
    strip = market_strip()
    item = next((item for item in strip.items if item.key == index.key), None)
    if item is None:
        raise Http404  # made inactive between the two queries
    wanted = ranges.chosen(request.GET.get("range", ""))
    context = {
        "item": item,
        "quote": _same_reading(item, breadth()),
        "session": _session(index, item, strip.generated_at),
        "strip": strip,
        "range": wanted,
        "ranges": ranges.RANGES,
        "page_query": "" if wanted.key == ranges.USUAL else f"?range={wanted.key}",
        **_chart(index, wanted, strip.simulated),
    }
    return render(request, "market/index_detail.html", context)


def _to_canonical(request: HttpRequest, index: Index) -> HttpResponse:
    query = request.META["QUERY_STRING"]
    address = reverse("index-detail", args=[index.key])
    return redirect(f"{address}?{query}" if query else address, permanent=True)


def _chart(index: Index, wanted: ranges.Range, simulated: bool) -> dict[str, Any]:
    history = ranges.read(index, wanted, simulated)
    label = gettext("%(name)s, %(range)s") % {"name": index.name, "range": wanted.label}
    address = reverse("api-1:history", args=[index.key])
    return {
        "history": history,
        "longest_silence": int(silence.LONGEST.total_seconds()),
        "chart_label": label,
        "svg": mark_safe(history.svg(label, page_language())),  # noqa: S308
        "history_url": f"{address}?{history.query}",
    }


def _session(index: Index, item: StripItem, now: datetime) -> str:
    """The phase of the index's own exchange."""
    calendar = load_calendar().opened_by([item.as_of] if item.as_of else [])
    return str(SESSION_LABELS[str(session_at(now, index.exchange, calendar))])


def _have_ranges(strip: Strip) -> bool:
    """Whether most of them tell the day's range: else the previous close says more."""
    known = [item for item in strip.items if item.price is not None]
    return 2 * sum(bool(item.low and item.high) for item in known) > len(known)


def _groups(strip: Strip) -> list[dict[str, Any]]:
    """The indices under their exchanges, in the order of the first of each."""
    quotes, lines = breadth(), day_lines(strip)
    order = list(dict.fromkeys(item.exchange for item in strip.items))
    items = sorted(strip.items, key=lambda item: order.index(item.exchange))
    return [
        {"name": name, "rows": [_row(item, quotes, lines) for item in found]}
        for name, found in groupby(items, key=lambda item: item.exchange_name)
    ]


def _row(item: StripItem, quotes: dict[str, Quote], lines: dict[str, DayLine]) -> dict[str, object]:
    return {"item": item, "quote": _same_reading(item, quotes), "line": lines.get(item.key)}


def _problems(strip: Strip) -> list[dict[str, object]]:
    """Why values could not be renewed, each reason once with the indices that it met."""
    names: dict[str, list[str]] = {}
    for item in strip.items:
        if reason := reasons.told(item.error, page_language()):
            names.setdefault(reason, []).append(item.name)
    return [{"reason": reason, "names": met} for reason, met in names.items()]


def _same_reading(item: StripItem, quotes: dict[str, Quote]) -> Quote | None:
    """The stored quote of the shown value: breadth of another moment must not stand beside it."""
    quote = quotes.get(item.key)
    if quote is None or item.as_of is None:
        return None
    return quote if abs(quote.as_of - item.as_of) < SAME_MOMENT else None
