"""A report as one file that opens without the site."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe

from reports.models import Report
from reports.publishing.page import ReportPage
from reports.publishing.portable import policy, self_contained, style

UNREAD = ("css_content", "js_content", "js_content_en", "document", "document_en", "facts")


@require_safe
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """A public report in the language of the address, sent as a file to keep."""
    public = Report.objects.published().defer(*UNREAD).select_related("reviewed_by")
    report = get_object_or_404(public, slug=slug)
    page = ReportPage(report)
    english = get_language() == "en" and not page.untranslated
    with override("en" if english else "vi"):
        address = f"{settings.SITE_URL}{report.get_absolute_url()}"
    context = {
        "page": page,
        "report": report,
        "body": self_contained(report.localised_html(), settings.SITE_URL),
        "address": address,
        "style": (sheet := style(report.origin != Report.Origin.WRITER)),
        "policy": policy(sheet),
    }
    response = render(request, "reports/export.html", context)
    name = f"{slug}-en.html" if english else f"{slug}.html"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Robots-Tag"] = "noindex"
    return response
