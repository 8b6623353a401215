"""Reports, the runs that write them, and the schedule that asks for them."""

from __future__ import annotations

from reports.models.report import Report
from reports.models.run import Run, Step
from reports.models.schedule import Schedule

__all__ = ["Report", "Run", "Schedule", "Step"]
