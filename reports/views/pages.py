"""The home page and the reports. Staff may open what is not public yet; it is never cached then."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext, override
from django.views.decorators.http import require_safe

from market.overview import crypto_view
from marketsite import clock
from reports.listing import Cursor
from reports.models import Report
from reports.publishing.page import ReportPage
from reports.writing.schedule import current_plan

RECENT = 6
RELATED = 3
PORTABLE = ("css_content", "js_content", "js_content_en")  # what other programs take, not pages


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The latest report with its chart, those before it, and the crypto market of the moment."""
    published = Report.objects.published().filter(is_note=False)
    latest = published.defer(*PORTABLE).select_related("reviewed_by").first()
    rest = published.listed()
    recent = list(rest.exclude(pk=latest.pk)[:RECENT]) if latest else []
    context = {
        "page": ReportPage(latest) if latest else None,
        "recent": recent,
        "crypto": crypto_view(),
        "next_report": None if latest else next_report(),
    }
    return render(request, "pages/home.html", context)


@require_safe
def report_detail(request: HttpRequest, slug: str) -> HttpResponse:
    unread = (*PORTABLE, "document", "document_en", "facts")
    reports = Report.objects.defer(*unread).select_related("reviewed_by")
    report = reports.filter(slug=slug).first()
    if report and (successor := _successor(report)):
        return redirect(successor, permanent=True)
    # whether it may be previewed is asked in any case: `Vary` must not tell what exists
    allowed = (report is not None and report.is_public) or may_preview(request)
    if report is None or not allowed:
        raise Http404
    return report_page(request, report)


def report_page(request: HttpRequest, report: Report) -> HttpResponse:
    """The page of a report that the reader may see; never cached while it is not public."""
    earlier, later = _neighbours(report)
    context = {
        "page": ReportPage(report),
        "report": report,
        "earlier": earlier,
        "later": later,
        "related": _related(report),
        "wrong_figure": _wrong_figure(report),
        "preview": not report.is_public,
        "has_original": settings.REPORT_ORIGINAL_VIEW and report.origin == report.Origin.IMPORTED,
    }
    if not report.html_content_en:
        context |= {"untranslated": True, "canonical_url": _vietnamese_address(report)}
    response = render(request, "reports/report_detail.html", context)
    if not report.is_public:
        add_never_cache_headers(response)
    return response


def _vietnamese_address(report: Report) -> str:
    """The one address of a report that has no English yet."""
    with override("vi"):
        return f"{settings.SITE_URL}{report.get_absolute_url()}"


def _successor(report: Report) -> Report | None:
    """The public report that took the place of this one, which is public no more."""
    if report.is_public:
        return None
    return Report.objects.published().summaries().filter(supersedes=report).first()


def may_preview(request: HttpRequest) -> bool:
    return request.user.is_staff and request.user.has_perm("reports.view_report")


def _neighbours(report: Report) -> tuple[Report | None, Report | None]:
    """The published reports just before and after this one."""
    if report.published_at is None:
        return None, None
    published, place = Report.objects.published().listed(), Cursor.of(report)
    return (
        published.filter(place.older()).first(),
        published.filter(place.newer()).order_by("published_at", "pk").first(),
    )


def _related(report: Report) -> list[Report]:
    """The reports of the same time of day just before this one."""
    if report.published_at is None:
        return []
    same = Report.objects.published().filter(
        edition=report.edition, report_type=report.report_type, is_note=False
    )
    return list(same.filter(published_at__lt=report.published_at).listed()[:RELATED])


def _wrong_figure(report: Report) -> str:
    """Where to tell of a wrong figure: a letter that names the report, or the contact page."""
    if not settings.CONTACT_EMAIL:
        return reverse("contact")
    subject = gettext("Wrong figure: %(title)s") % {"title": report.headline}
    place = f"{settings.SITE_URL}{report.get_absolute_url()}"
    body = gettext("Report: %(address)s\nFigure: \nWhat it should be, and where that stands: ")
    letter = urlencode({"subject": subject, "body": body % {"address": place}}, quote_via=quote)
    return f"mailto:{quote(settings.CONTACT_EMAIL, safe='@')}?{letter}"


def next_report() -> datetime | None:
    """When the schedule asks for the next one; None while it is switched off."""
    plan = current_plan()
    return plan.next_slot(clock.now()) if plan.enabled else None
