"""What the site says of itself: how it works, who answers for it, and how its reports held."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from market import formats
from reports import track_record as record


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/about.html")


@require_safe
def method(request: HttpRequest) -> HttpResponse:
    """How numbers are gathered and checked, in plain words."""
    context = {"sources": sorted(set(formats.SOURCE_NAMES.values()) - {"CSV"})}
    return render(request, "pages/method.html", context)


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/contact.html", {"email": settings.CONTACT_EMAIL})


@require_safe
def track_record(request: HttpRequest) -> HttpResponse:
    """What has been published, and how it held against what came."""
    months, settled = record.months(), record.settled()
    context = {
        "months": months,
        "settled": settled,
        "likeliest": sum(item.most_likely for item in settled),
    }
    return render(request, "reports/track_record.html", context)
