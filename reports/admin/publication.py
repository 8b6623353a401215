"""Publishing, withdrawing and deleting: one report from its form, or several from the list."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from marketsite import clock
from marketsite.model_admin import staff
from reports import doorbell
from reports.admin.forms import version_of
from reports.models import Report
from reports.publishing import publish as moves
from reports.publishing.checks import edited_rows, open_rows
from reports.writing.editing import confirmed

logger = logging.getLogger(__name__)

LONGEST_KEY = 16
AT_ONCE = 100  # the keys of the reports to withdraw travel in an address


class PublicationViews(admin.ModelAdmin[Report]):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("withdraw/", view(self.withdraw_view), name="reports_report_withdraw"),
            path("<int:pk>/publish/", view(self.publish_view), name="reports_report_publish"),
            *super().get_urls(),
        ]

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reports.publish_report")

    # One report

    @method_decorator(require_POST)
    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For those who may publish but not edit; editors publish from their form."""
        self._deny_without_permission(request)
        with transaction.atomic():
            locked = Report.objects.summaries().select_for_update(of=("self",))
            report = get_object_or_404(locked, pk=pk)
            read = request.POST.get("version") == version_of(report)
            if read and "confirmed" in request.POST:
                self._vouch(request, report)
            if read:
                self.publish_one(request, report)
        if not read:
            text = gettext("Somebody changed this report in the meantime: read it again first.")
            self.message_user(request, text, messages.ERROR)
        return redirect("admin:reports_report_change", pk)

    def publish_one(self, request: HttpRequest, report: Report) -> None:
        """Publish what the user has read, which is the report as it was loaded."""
        self._deny_without_permission(request)
        if open_rows(report.verification):
            text = gettext(
                "Not published: not all that was typed is proven. Correct it, or confirm that you "
                "have checked it."
            )
            self.message_user(request, text, messages.ERROR)
            return
        if not moves.publish(report, staff(request), seen=report.updated_at):
            text = gettext("It was public already, or somebody else was faster.")
            self.message_user(request, text, messages.WARNING)
            return
        self.log_change(request, report, gettext("Published."))
        transaction.on_commit(partial(doorbell.ring_for_cards, report.pk), robust=True)
        text = format_html(
            '{} <a href="{}">{}</a>',
            gettext("The report is public now."),
            report.get_absolute_url(),
            gettext("Open its page"),
        )
        self.message_user(request, text, messages.SUCCESS)

    def tell_of_proof(self, request: HttpRequest, report: Report, before: dict[str, Any]) -> None:
        """In the history, what somebody vouched for; what is still not proven, as a message."""
        if report.verification == before:
            return
        vouched = [
            row["figure"]
            for row in edited_rows(report.verification)
            if row.get("confirmed") and row not in list(edited_rows(before))
        ]
        if vouched:
            text = gettext("Vouched for: %s.") % "; ".join(vouched)
            self.log_change(request, report, text)
            logger.info("vouched report=%d user=%d", report.pk, staff(request).pk)
        if open_rows(report.verification):
            text = gettext("Saved. What is not proven stands beside its field.")
            self.message_user(request, text, messages.WARNING)

    def _vouch(self, request: HttpRequest, report: Report) -> None:
        """Take the user's word for what is not proven."""
        before = report.verification
        report.verification = confirmed(before, staff(request), clock.now())
        if report.verification != before:
            report.save(update_fields=["verification", "updated_at"])
            self.tell_of_proof(request, report, before)

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def withdraw_view(self, request: HttpRequest) -> HttpResponse:
        """Ask whether the reports (`?report=1&report=2`) shall go; a POST takes them down."""
        self._deny_without_permission(request)
        given = [key for key in request.GET.getlist("report") if key.isdecimal()]
        keys = [int(key) for key in given if len(key) < LONGEST_KEY][:AT_ONCE]
        reports = list(Report.objects.published().summaries().filter(pk__in=keys))
        if request.method == "POST" or not reports:
            self._withdraw(request, reports)
            return redirect(_back(keys))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Withdraw from the public pages?"),
            "opts": self.opts,
            "reports": reports,
            "back": _back(keys),
        }
        return TemplateResponse(request, "admin/reports/report/withdraw.html", context)

    def _withdraw(self, request: HttpRequest, reports: Sequence[Report]) -> None:
        done = [report for report in reports if moves.withdraw(report, staff(request))]
        for report in done:
            self.log_change(request, report, gettext("Withdrawn."))
        if done:
            text = ngettext(
                "%(count)d report withdrawn.", "%(count)d reports withdrawn.", len(done)
            )
            self.message_user(request, text % {"count": len(done)}, messages.SUCCESS)
        else:
            self.message_user(request, gettext("Nothing there is public."), messages.WARNING)

    # Several reports

    @admin.action(permissions=["publish"], description=_("Publish"))
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        reports = list(queryset)
        done = [report for report in reports if moves.publish(report, staff(request))]
        for report in done:
            self.log_change(request, report, gettext("Published."))
        if done:
            transaction.on_commit(doorbell.ring_for_cards, robust=True)
            text = ngettext(
                "%(count)d report published.", "%(count)d reports published.", len(done)
            )
            self.message_user(request, text % {"count": len(done)}, messages.SUCCESS)
        doubtful = [report for report in reports if open_rows(report.verification)]
        if doubtful:
            text = ngettext(
                "%(count)d report not published: not all that was typed in it is proven.",
                "%(count)d reports not published: not all that was typed in them is proven.",
                len(doubtful),
            )
            self.message_user(request, text % {"count": len(doubtful)}, messages.WARNING)
        if left := len(reports) - len(done) - len(doubtful):
            text = ngettext(
                "%(count)d report left as it was: public already.",
                "%(count)d reports left as they were: public already.",
                left,
            )
            self.message_user(request, text % {"count": left}, messages.WARNING)

    @admin.action(permissions=["publish"], description=_("Withdraw …"))
    def withdraw_selected(
        self, request: HttpRequest, queryset: QuerySet[Report]
    ) -> HttpResponse | None:
        public = queryset.filter(status=Report.Status.PUBLISHED)
        keys = list(public.values_list("pk", flat=True)[: AT_ONCE + 1])
        if len(keys) > AT_ONCE:
            text = gettext("Withdraw at most %(count)d reports at a time.") % {"count": AT_ONCE}
            self.message_user(request, text, messages.ERROR)
            return None
        query = "&".join(f"report={key}" for key in keys)
        return HttpResponseRedirect(f"{reverse('admin:reports_report_withdraw')}?{query}")

    @admin.action(permissions=["delete"], description=_("Delete …"))
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[Report]
    ) -> HttpResponse | None:
        if queryset.filter(status=Report.Status.PUBLISHED).exists():
            text = gettext("Some of them are public. Withdraw those first; nothing was deleted.")
            self.message_user(request, text, messages.ERROR)
            return None
        return delete_selected(self, request, queryset)

    def _deny_without_permission(self, request: HttpRequest) -> None:
        if not self.has_publish_permission(request):
            raise PermissionDenied


def _back(keys: Sequence[int]) -> str:
    """The form of the one report, or the list."""
    if len(keys) == 1:
        return reverse("admin:reports_report_change", args=[keys[0]])
    return reverse("admin:reports_report_changelist")
