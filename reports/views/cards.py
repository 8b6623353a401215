"""A report's picture for other sites. It is drawn by a job: a stranger's request draws nothing."""

from __future__ import annotations

from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import (
    add_never_cache_headers,
    get_conditional_response,
    patch_cache_control,
)
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from reports.models import Report, ReportCard
from reports.publishing.cards import DEFAULT

KEPT_SECONDS = 300  # a shared cache must not show the picture of a withdrawn report for long


@require_safe
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """The card in the language of the address, or for now the site's own, which nobody may keep."""
    public = Report.objects.published().filter(slug=slug)
    cards = ReportCard.objects.filter(report__in=public, language=get_language() or "vi")
    found = cards.only("etag", "png").first()
    if found is None:
        if not public.exists():
            raise Http404
        response = HttpResponse(_default(), content_type="image/png")
        add_never_cache_headers(response)
        return response
    etag = f'"{found.etag}"'
    response = HttpResponse(found.png, content_type="image/png", headers={"ETag": etag})
    patch_cache_control(response, public=True, max_age=KEPT_SECONDS)
    return get_conditional_response(request, etag=etag, response=response) or response


@lru_cache(maxsize=1)
def _default() -> bytes:
    return DEFAULT.read_bytes()
