"""The newsroom: reports, the runs that write them, and their schedule."""

from __future__ import annotations

import marketsite.generics  # noqa: F401 (before the first ModelAdmin[…])
from reports.admin.budget import DayBudgetAdmin, ModelCallAdmin, RunBudgetAdmin
from reports.admin.original import OriginalReportAdmin
from reports.admin.prompt import PromptVersionAdmin
from reports.admin.report import ReportAdmin
from reports.admin.run import RunAdmin, StepAdmin
from reports.admin.schedule import ScheduleAdmin
from reports.admin.token import ApiTokenAdmin

__all__ = [
    "ApiTokenAdmin",
    "DayBudgetAdmin",
    "ModelCallAdmin",
    "OriginalReportAdmin",
    "PromptVersionAdmin",
    "ReportAdmin",
    "RunAdmin",
    "RunBudgetAdmin",
    "ScheduleAdmin",
    "StepAdmin",
]
