"""The one schedule: what is in force, and when the next reports are due."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Field
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from marketsite import clock
from reports.admin.forms import ScheduleForm
from reports.models import Schedule
from reports.writing.schedule import Plan, current_plan

SLOTS_SHOWN = 3


@admin.register(Schedule)
class ScheduleAdmin(admin.ModelAdmin[Schedule]):
    form = ScheduleForm
    fields = ("enabled", "times", "interval_hours")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The first save makes the row; there is no second one."""
        return super().has_add_permission(request) and not Schedule.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A list of one is no list: go to its form, which is new until it has been saved once."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if Schedule.objects.exists():
            return redirect("admin:reports_schedule_change", Schedule.ONLY)
        if self.has_add_permission(request):
            return redirect("admin:reports_schedule_add")
        context = {
            **self.admin_site.each_context(request),
            **_plan(),
            "title": self.opts.verbose_name,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/reports/schedule/plan.html", context)

    def formfield_for_dbfield(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "interval_hours":
            kwargs |= {"min_value": 1, "max_value": 24}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        plan = current_plan()
        return {
            "enabled": plan.enabled,
            "interval_hours": plan.interval_hours,
            "times": ", ".join(f"{time:%H:%M}" for time in plan.times),
        }

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context |= {
            **_plan(),
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        return super().render_change_form(request, context, *args, **kwargs)


def _plan() -> dict[str, Any]:
    plan = current_plan()
    saved = Schedule.objects.exists()
    return {"plan": plan, "saved": saved, "slots": next_slots(plan, SLOTS_SHOWN)}


def next_slots(plan: Plan, count: int) -> list[datetime]:
    """The next scheduled moments, in UTC; none while the schedule is switched off."""
    return plan.coming(clock.now(), count) if plan.enabled else []
