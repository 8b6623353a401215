"""The archive of published reports."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reports.models import Report
from reports.views.pages import next_report

PAGE_SIZE = 20


@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """The archive, newest first. A page that does not exist is the last, no number the first."""
    paginator = Paginator(Report.objects.published().summaries(), PAGE_SIZE)
    page = paginator.get_page(request.GET.get("page"))
    pages = paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    context = {
        "page_obj": page,
        "pages": list(pages),
        "page_query": f"?page={page.number}" if page.number > 1 else "",
        "next_report": None if page.object_list else next_report(),
    }
    return render(request, "reports/report_list.html", context)
