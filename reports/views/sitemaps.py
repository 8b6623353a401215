"""The sitemap: an index and its parts."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from reports.publishing import sitemaps

XML = "application/xml; charset=utf-8"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return HttpResponse(sitemaps.index(), content_type=XML)


@require_safe
def part(request: HttpRequest, name: str) -> HttpResponse:
    text = sitemaps.part(name)
    if text is None:
        raise Http404
    return HttpResponse(text, content_type=XML)
