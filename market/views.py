from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from market.strip import breadth, market_strip


@require_safe
def indices(request: HttpRequest) -> HttpResponse:
    """All followed indices with everything known about them."""
    strip = market_strip()
    quotes = breadth()
    rows = [{"item": item, "quote": quotes.get(item.key)} for item in strip.items]
    return render(request, "market/indices.html", {"rows": rows, "strip": strip})
