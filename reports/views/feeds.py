"""The newest reports for feed readers, in the language of the address; and what robots read."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reports.publishing import feeds


@require_safe
def atom(request: HttpRequest) -> HttpResponse:
    return _feed(feeds.atom(feeds.newest()), "application/atom+xml")


@require_safe
def rss(request: HttpRequest) -> HttpResponse:
    return _feed(feeds.rss(feeds.newest()), "application/rss+xml")


@require_safe
def json_feed(request: HttpRequest) -> HttpResponse:
    return _feed(feeds.json_feed(feeds.newest()), "application/feed+json")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What robots may read: all pages but the admin and the API; nothing of a debugged site."""
    context = {"closed": settings.DEBUG, "site_url": settings.SITE_URL}
    return render(request, "robots.txt", context, content_type="text/plain; charset=utf-8")


def _feed(text: str, kind: str) -> HttpResponse:
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8")
