"""Reports, the runs that write them, and the schedule that asks for them."""

from __future__ import annotations

from reports.models.budget import DayBudget, ModelCall, RunBudget
from reports.models.card import ReportCard
from reports.models.change import PageChange
from reports.models.job import JobMark
from reports.models.original import OriginalReport
from reports.models.prompt import PromptVersion
from reports.models.report import Report
from reports.models.run import Run, Step
from reports.models.schedule import Schedule
from reports.models.text import ReportText, Word
from reports.models.token import ApiToken

__all__ = [
    "ApiToken",
    "DayBudget",
    "JobMark",
    "ModelCall",
    "OriginalReport",
    "PageChange",
    "PromptVersion",
    "Report",
    "ReportCard",
    "ReportText",
    "Run",
    "RunBudget",
    "Schedule",
    "Step",
    "Word",
]
