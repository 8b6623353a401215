"""A report as readers will see it: in either language, on a desk or on a phone."""

from __future__ import annotations

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse, translate_url
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from marketsite.language import page_language
from reports.models import Report
from reports.views.pages import PORTABLE, report_page

LANGUAGES = ("vi", "en")
WIDTHS = ("desktop", "phone")


class PreviewViews(admin.ModelAdmin[Report]):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/preview/", view(self.preview_view), name="reports_report_preview"),
            path("<int:pk>/page/", view(self.page_view), name="reports_report_page"),
            *super().get_urls(),
        ]

    @method_decorator([require_safe, csp_update({"frame-src": [SELF]})])
    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The frame, and links that choose its language and width (`?language=en&width=phone`)."""
        report = self._readable(request, pk)
        shown = _choice(request, "language", LANGUAGES, page_language())
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Preview"),
            "subtitle": report.title_en if shown == "en" and report.title_en else report.title,
            "opts": self.opts,
            "original": report,
            "frame": translate_url(reverse("admin:reports_report_page", args=[pk]), shown),
            "shown": shown,
            "width": _choice(request, "width", WIDTHS, WIDTHS[0]),
            "is_nav_sidebar_enabled": False,  # the page needs the width
        }
        return TemplateResponse(request, "admin/reports/report/preview.html", context)

    @method_decorator(
        [require_safe, xframe_options_sameorigin, csp_replace({"frame-ancestors": [SELF]})]
    )
    def page_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The public page for that frame: the one address that may stand in a frame of ours."""
        return report_page(request, self._readable(request, pk))

    def _readable(self, request: HttpRequest, pk: int) -> Report:
        shown = Report.objects.defer(*PORTABLE, "facts").select_related("reviewed_by")
        report = get_object_or_404(shown, pk=pk)
        if not self.has_view_permission(request, report):
            raise PermissionDenied
        return report


def _choice(request: HttpRequest, name: str, choices: tuple[str, ...], default: str) -> str:
    value = request.GET.get(name, "")
    return value if value in choices else default
