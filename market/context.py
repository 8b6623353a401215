from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse, translate_url
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, override

from market.strip import market_strip


def site(request: HttpRequest) -> dict[str, Any]:
    """What the base template needs: the index strip, and this page in each language."""
    alternates = [
        {
            "code": code,
            "name": name,
            "path": (local := _in_language(request.path, code)),
            "url": f"{settings.SITE_URL}{local}",
            "current": code == get_language(),
        }
        for code, name in settings.LANGUAGES
    ]
    return {
        "strip": SimpleLazyObject(market_strip),
        "alternates": alternates,
        "site_url": settings.SITE_URL,
        "canonical_url": f"{settings.SITE_URL}{request.path}",
    }


def _in_language(path: str, code: str) -> str:
    """The page's address in a language; the front page where it has none in that language."""
    path = "/" + path.lstrip("/\\")  # "//host/" would be another site's address
    local = translate_url(path, code)
    if local != path or code == get_language():
        return local
    with override(code):
        return reverse("home")
