"""The public API: one OpenAPI document, and a page that shows it under the site's own CSP."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import HttpError, Throttled, ValidationError

from market.api import router as market_router
from marketsite.rates import WINDOW_SECONDS
from reports.api import router as reports_router
from reports.articles_api import router as articles_router
from reports.reading_api import router as reading_router

logger = logging.getLogger(__name__)

api = NinjaAPI(
    title="Marketsite",
    version="1",
    description=(
        "Market indices and reports. Reads are public; times are UTC. What writes needs a staff "
        "session with its CSRF token, or a bearer token issued in the admin."
    ),
    urls_namespace="api-1",
    docs_url=None,
)
api.add_router("/market", market_router)
api.add_router("", reports_router)
api.add_router("", reading_router)
api.add_router("/articles", articles_router)


@api.exception_handler(Http404)
def not_found(request: HttpRequest, _error: Http404) -> HttpResponse:
    return api.create_response(request, {"detail": "Not found"}, status=404)


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """A refusal with the header that says what would help."""
    response = api.create_response(request, {"detail": str(error)}, status=error.status_code)
    if error.status_code == 401:
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    if isinstance(error, Throttled) and error.wait is not None:
        response["Retry-After"] = str(error.wait)
    elif error.status_code == 503:
        response["Retry-After"] = str(WINDOW_SECONDS)
    return response


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return api.create_response(request, {"detail": error.errors}, status=422)


@api.exception_handler(Exception)
def failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """Nothing of the inside is shown; the log has the traceback."""
    logger.error("API call failed path=%s", request.path, exc_info=error)
    return api.create_response(request, {"detail": "Internal error"}, status=500)


def json_errors(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: below /api/ an error that Django or ninja worded as a page is `{"detail": …}`."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        kind = response.get("Content-Type", "")
        if response.status_code < 400 or "json" in kind or not request.path.startswith("/api/"):
            return response
        response.content = json.dumps({"detail": response.reason_phrase})
        response["Content-Type"] = "application/json"
        return response

    return respond


def answer_head(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: ninja knows no HEAD, so below /api/ it is answered as a GET without its body."""

    def respond(request: HttpRequest) -> HttpResponse:
        if request.method != "HEAD" or not request.path.startswith("/api/"):
            return get_response(request)
        request.method = "GET"
        response = get_response(request)
        length = str(len(response.content))
        response.content = b""
        response.headers["Content-Length"] = length
        return response

    return respond


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The API's operations as a plain page: no script, no foreign host."""
    schema = api.get_openapi_schema()
    operations = [
        {
            **operation,
            "path": path,
            "method": method.upper(),
            "closed": "security" in operation,
            "example": method == "get" and "{" not in path and "security" not in operation,
        }
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    context = {"operations": operations, "about": api.description}
    return render(request, "pages/api_docs.html", context)
