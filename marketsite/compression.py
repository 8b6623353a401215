"""gzip for text that is made anew for each request; what the edge keeps it compresses itself."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class TextGZipMiddleware(GZipMiddleware):
    """Django's own, with its random bytes against guessing by length, for pages and CSV alone.

    An answer of the API keeps its strong ETag, which `If-Match` needs and gzip would weaken.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/"):
            return response
        return super().process_response(request, response)
