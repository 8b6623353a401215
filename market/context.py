from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from market.strip import market_strip


def site(request: HttpRequest) -> dict[str, Any]:
    """What the base template needs: the index strip, and this page in each language."""
    path = request.path
    alternates = [
        {
            "code": code,
            "name": name,
            "path": (local := translate_url(path, code)),
            "url": f"{settings.SITE_URL}{local}",
            "current": code == get_language(),
        }
        for code, name in settings.LANGUAGES
    ]
    return {
        "strip": SimpleLazyObject(market_strip),
        "alternates": alternates,
        "site_url": settings.SITE_URL,
        "canonical_url": f"{settings.SITE_URL}{path}",
    }
