"""A report that becomes public by itself, at a moment that somebody who may publish has chosen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from marketsite import clock
from marketsite.model_admin import moment, staff
from reports.admin.forms import version_of
from reports.models import Report
from reports.publishing import publish as moves
from reports.publishing.checks import open_rows


class PublishAtForm(forms.Form):
    """A moment to come, in Vietnam's time."""

    when = forms.DateTimeField(
        label=_("Publish at (Vietnam time)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean_when(self) -> datetime:
        when: datetime = self.cleaned_data["when"]
        if when <= clock.now():
            raise ValidationError(_("This moment has passed."))
        return when


class SchedulingViews(admin.ModelAdmin[Report]):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.schedule_view)
        own = path("<int:pk>/schedule/", view, name="reports_report_schedule")
        return [own, *super().get_urls()]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def schedule_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the moment; a POST sets it, or gives it up with `unschedule`."""
        if not request.user.has_perm("reports.publish_report"):
            raise PermissionDenied
        report = get_object_or_404(Report.objects.summaries(), pk=pk)
        if "unschedule" in request.POST:
            return self._unscheduled(request, report)
        planned = report.status == Report.Status.SCHEDULED
        initial = {"when": report.published_at} if planned else {}
        form = PublishAtForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            return self._scheduled(request, report, form.cleaned_data["when"])
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": gettext("Publish at a moment to come"),
            "subtitle": report.headline,
            "opts": self.opts,
            "original": report,
            "form": form,
            "planned": planned,
            "version": version_of(report),
        }
        return TemplateResponse(request, "admin/reports/report/schedule.html", context)

    def _scheduled(self, request: HttpRequest, report: Report, when: datetime) -> HttpResponse:
        read = request.POST.get("version") == version_of(report)
        if open_rows(report.verification):
            text = gettext("Not all that was typed is proven: correct or confirm it first.")
            self.message_user(request, text, messages.ERROR)
        elif read and moves.schedule(report, when, staff(request), seen=report.updated_at):
            self.log_change(request, report, gettext("To be published at %s.") % moment(when))
            text = gettext("The report becomes public at %s.") % moment(when)
            self.message_user(request, text, messages.SUCCESS)
        else:
            text = gettext("Somebody changed this report in the meantime: read it again first.")
            self.message_user(request, text, messages.ERROR)
        return redirect("admin:reports_report_change", report.pk)

    def _unscheduled(self, request: HttpRequest, report: Report) -> HttpResponse:
        if moves.unschedule(report, staff(request)):
            self.log_change(request, report, gettext("No longer to be published by itself."))
            text, level = gettext("The report is back in review."), messages.SUCCESS
        else:
            text, level = gettext("It was not waiting for its moment."), messages.WARNING
        self.message_user(request, text, level)
        return redirect("admin:reports_report_change", report.pk)
