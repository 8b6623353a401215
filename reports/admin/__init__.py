"""The newsroom: reports, the runs that write them, and their schedule."""

from __future__ import annotations

from reports.admin.report import ReportAdmin
from reports.admin.run import RunAdmin, StepAdmin
from reports.admin.schedule import ScheduleAdmin

__all__ = ["ReportAdmin", "RunAdmin", "ScheduleAdmin", "StepAdmin"]
