"""The addresses of the replaced system, for good at their new places."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import override
from django.views.decorators.http import require_safe

from reports.models import Report


@require_safe
def moved(request: HttpRequest, to: str) -> HttpResponse:
    """The old system had one language at these addresses, which is ours without a prefix."""
    with override("vi"):
        return redirect(reverse(to), permanent=True)


@require_safe
def moved_report(request: HttpRequest, number: str) -> HttpResponse:
    """A report by its number in the old system; 404 where it was not imported or is not public."""
    reports = Report.objects.published().only("slug")
    report = get_object_or_404(reports, legacy_id=int(number))
    with override("vi"):
        return redirect(report.get_absolute_url(), permanent=True)
