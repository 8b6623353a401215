"""What an import brought, to be read beside what was made of it."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from marketsite.model_admin import ReadOnlyAdmin, moment
from reports.models import OriginalReport
from reports.models.report import LARGE_FIELDS

MARKUP = ("html", "html_en", "css", "js", "js_en")


@admin.register(OriginalReport)
class OriginalReportAdmin(ReadOnlyAdmin[OriginalReport]):
    list_display = ("of_report", "source", "table", "number", "imported")
    list_filter = ("source", "table")
    search_fields = ("report__title", "=number")
    list_per_page = 50
    show_full_result_count = False
    fields = ("of_report", ("source", "table", "number"), "imported", *MARKUP, "row")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OriginalReport]:
        """Never the texts themselves in a list."""
        rows = OriginalReport.objects.select_related("report")
        large = [f"report__{name}" for name in LARGE_FIELDS]
        return rows.defer(*MARKUP, "row", *large).order_by("-imported_at", "-number")

    @admin.display(description=_("report"))
    def of_report(self, original: OriginalReport) -> SafeString:
        url = reverse("admin:reports_report_change", args=[original.report_id])
        return format_html('<a href="{}">{}</a>', url, original.report.headline)

    @admin.display(description=_("imported"), ordering="imported_at")
    def imported(self, original: OriginalReport) -> str:
        return moment(original.imported_at)
