"""What browsers may do with our answers, beside the content security policy of django-csp.

Django's own middleware sends HSTS, nosniff, Referrer-Policy and Cross-Origin-Opener-Policy. This
one adds what it does not know, on every answer: pages, errors, redirects, static files, the API.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Nothing here asks for a sensor, a device, a payment or a stored credential. Names that Chromium
# does not know, or not any more, would fill its console with warnings.
POWERFUL = (
    "accelerometer",
    "autoplay",
    "camera",
    "clipboard-read",
    "compute-pressure",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "sync-xhr",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
PERMISSIONS = ", ".join(f"{name}=()" for name in POWERFUL)
# What other sites show or read: pictures beside a link, and feeds.
FOR_OTHERS = frozenset({"report-card", "feed-atom", "feed-rss", "feed-json"})


def add_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: Permissions-Policy and Cross-Origin-Resource-Policy on every answer."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", _readers(request))
        return response

    return respond


def _readers(request: HttpRequest) -> str:
    match = request.resolver_match
    shared = match is not None and match.view_name in FOR_OTHERS
    return "cross-origin" if shared else "same-origin"
