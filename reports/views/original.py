"""An imported report as the old site had it: its own markup, style and script, in a closed frame.

Off unless REPORT_ORIGINAL_VIEW is set. The script is not ours and runs: the frame has no origin, no
network, no storage and no forms, but it can burn the reader's processor, and in Chromium it can
open a WebRTC connection, which no policy stops (docs/importing.md).
"""

from __future__ import annotations

import re
import secrets

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import mark_safe
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from marketsite.language import page_language
from reports.models import OriginalReport, Report
from reports.models.report import LARGE_FIELDS
from reports.views.pages import may_preview

POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'nonce-{nonce}'; "
    "style-src 'nonce-{nonce}'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
    # A second policy, for both must allow it: a script that reads its own nonce and gives it to
    # another element could load that from anywhere.
    ", script-src 'unsafe-inline'; style-src 'unsafe-inline'"
)
TEXTS = ("html", "html_en", "css", "js", "js_en", "row")


@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def original(request: HttpRequest, slug: str) -> HttpResponse:
    """The page around the frame."""
    found = _original(request, slug, *TEXTS)
    response = render(request, "reports/original/page.html", {"report": found.report})
    return _private(response, found.report)


@require_safe
@xframe_options_sameorigin
def frame(request: HttpRequest, slug: str) -> HttpResponse:
    """The frame's own document, whose policy holds even when it is opened by itself."""
    found = _original(request, slug, "row")
    english = page_language() == "en" and bool(found.html_en)
    nonce = secrets.token_urlsafe(16)
    context = {
        "nonce": nonce,
        "language": "en" if english else "vi",
        "report": found.report,
        "html": mark_safe(found.html_en if english else found.html),  # noqa: S308 (see above)
        "css": mark_safe(_within("style", found.css)),  # noqa: S308
        "js": mark_safe(_within("script", found.js_en if english and found.js_en else found.js)),  # noqa: S308
    }
    response = render(request, "reports/original/frame.html", context)
    response["Content-Security-Policy"] = POLICY.format(nonce=nonce)
    add_never_cache_headers(response)  # a nonce is used once
    return _private(response, found.report)


def _original(request: HttpRequest, slug: str, *unread: str) -> OriginalReport:
    """The original of a report that the reader may see; Http404 while the view is switched off."""
    if not settings.REPORT_ORIGINAL_VIEW:
        raise Http404
    large = [f"report__{name}" for name in LARGE_FIELDS]
    rows = OriginalReport.objects.select_related("report").defer(*unread, *large)
    found = rows.filter(report__slug=slug).first()
    if found is None or not (found.report.is_public or may_preview(request)):
        raise Http404
    return found


def _private(response: HttpResponse, report: Report) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex"
    if not report.is_public:
        add_never_cache_headers(response)
    return response


def _within(tag: str, text: str) -> str:
    """A text that stays inside its element: no end tag, no comment that hides the element's own.

    In a script, `<\\/` and `<\\!--` in a text or a pattern mean what `</` and `<!--` do.
    """
    return re.sub(rf"<(/{tag}|!--)", r"<\\\1", text, flags=re.IGNORECASE)
