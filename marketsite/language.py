"""The language of a page, which its address alone chooses."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware import locale
from django.utils.translation import get_language


def page_language() -> str:
    """`vi` or `en`, as `market.formats` takes it; outside a page it is Vietnamese."""
    return "en" if (get_language() or "vi").startswith("en") else "vi"


class LocaleMiddleware(locale.LocaleMiddleware):
    """Django's without `Vary: Accept-Language`, which would make a cache keep every reply once for
    each wording of that header.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers.setdefault("Content-Language", get_language() or "vi")
        return response
