"""Django's choice of the language, without what this site does not need of it."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware import locale
from django.utils.translation import get_language


class LocaleMiddleware(locale.LocaleMiddleware):
    """The address alone chooses the language: no `Vary: Accept-Language`, which would make a cache
    keep every reply once for each wording of that header.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers.setdefault("Content-Language", get_language() or "vi")
        return response
