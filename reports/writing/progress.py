"""How far a run is, for whoever watches it: read from its rows, whoever works on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db.models import Count, IntegerField, Max, Sum
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reports.models import Run, Step
from reports.writing.order import ORDER

StepState = Literal["done", "now", "failed", "next"]

STEP_LABELS: dict[str, Promise] = {
    "prepare_data": _("Freeze the numbers"),
    "research": _("Gather the news"),
    "write": _("Write in Vietnamese"),
    "verify": _("Check every figure"),
    "translate": _("Turn it into English"),
    "render": _("Draw charts and pages"),
    "save": _("Save the report"),
}
# About how a run's time is shared out; a step that is not named here counts as one.
WEIGHTS = {"research": 2, "write": 8, "verify": 2, "translate": 5}
# How many parts a step will have is known at its end alone. Each takes the same share of what was
# left, so that the bar always moves forward and is never full too early.
SHARE_OF_A_PART = 0.15
STATUSES = {
    Run.State.WAITING: "waiting",
    Run.State.RUNNING: "running",
    Run.State.DONE: "completed",
    Run.State.FAILED: "failed",
    Run.State.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class StepProgress:
    name: str
    state: StepState
    took: float | None = None  # seconds, of the parts that are done
    parts: int = 0  # that are done

    @property
    def label(self) -> Promise | str:
        return STEP_LABELS.get(self.name, self.name)

    @property
    def share(self) -> float:
        """How much of the step is done, from 0 to 1."""
        return 1.0 if self.state == "done" else 1 - (1 - SHARE_OF_A_PART) ** self.parts

    @property
    def title(self) -> str:
        """The step with the part that is at work: `write, part 3`."""
        if self.state != "done" and self.parts:
            return gettext("%(step)s, part %(part)d") % {
                "step": self.label,
                "part": self.parts + 1,
            }
        return str(self.label)


@dataclass(frozen=True, slots=True)
class Progress:
    run: Run
    steps: tuple[StepProgress, ...]
    changed_at: datetime | None = None  # when the last part ended

    @property
    def done(self) -> int:
        return sum(step.state == "done" for step in self.steps)

    @property
    def current(self) -> StepProgress | None:
        """The step that is at work, or at which the run stopped."""
        return next((step for step in self.steps if step.state in {"now", "failed"}), None)

    @property
    def percent(self) -> int:
        """Of the whole; 100 with the last step alone."""
        weights = [WEIGHTS.get(step.name, 1) for step in self.steps]
        done = sum(step.share * weight for step, weight in zip(self.steps, weights, strict=True))
        return int(100 * done / sum(weights))

    @property
    def forgotten(self) -> bool:
        """Whether nobody works on the run although it is not finished."""
        patience = {
            Run.State.WAITING: settings.RUN_WAITING_SECONDS,
            Run.State.RUNNING: settings.RUN_STALE_SECONDS,
        }.get(Run.State(self.run.state))
        if patience is None:
            return False
        return datetime.now(UTC) - self.run.heartbeat > timedelta(seconds=patience)

    @property
    def may_be_rung(self) -> bool:
        """Whether trying again would change anything."""
        return self.run.state in {Run.State.FAILED, Run.State.CANCELLED} or self.forgotten


def progress_of(run: Run) -> Progress:
    """The steps of the run in their order; their outputs are not loaded."""
    found = _finished_parts(run)
    steps: list[StepProgress] = []
    reached = False  # the first step that is not done
    for name in ORDER:
        parts, seconds, final, _ended = found.get(name, (0, None, False, None))
        if final and not reached:
            steps.append(StepProgress(name, "done", seconds, parts))
            continue
        steps.append(StepProgress(name, "next" if reached else _reached(run), seconds, parts))
        reached = True
    return Progress(run, tuple(steps), max((row[3] for row in found.values()), default=None))


def session_of(progress: Progress, reasons: bool) -> dict[str, Any]:
    """The run in the old system's shape; `reasons` adds why something failed.

    It changes only when something happened: signs of life do not count.
    """
    run, current = progress.run, progress.current
    started = run.started_at or run.created_at
    told: dict[str, Any] = {
        "step": progress.done + (current is not None),
        "total_steps": len(progress.steps),
        "current_step_name": current.title if current else gettext("Done"),
        "percentage": progress.percent,
        "status": STATUSES[Run.State(run.state)],
        "start_time": started.timestamp(),
        "details": "\n".join(_details(progress, reasons)),
        "last_update": max(filter(None, _moments(progress))).timestamp(),
    }
    if run.report_id:
        told["report_id"] = run.report_id
    if run.finished_at:
        told["end_time"] = run.finished_at.timestamp()
    return told


def _finished_parts(run: Run) -> dict[str, tuple[int, float, bool, datetime]]:
    """By step: its finished parts, their seconds, whether its last one is there, and when."""
    rows = Step.objects.filter(run=run).order_by().values("name")
    final = Max(Cast("final", IntegerField()))
    sums = rows.annotate(parts=Count("pk"), took=Sum("seconds"), ends=final, at=Max("finished_at"))
    return {row["name"]: (row["parts"], row["took"], bool(row["ends"]), row["at"]) for row in sums}


def _reached(run: Run) -> StepState:
    stopped = {Run.State.FAILED, Run.State.CANCELLED}
    return "failed" if run.state in stopped else "now"


def _details(progress: Progress, reasons: bool) -> Iterable[str]:
    run = progress.run
    for step in progress.steps:
        if step.took is not None:
            yield f"{step.label}: {step.took:.1f} s"
    if progress.forgotten:
        yield gettext("Nobody works on it: is a worker running?")
    if reasons:
        yield from (str(note) for note in run.notes)
        if run.error:
            yield run.error


def _moments(progress: Progress) -> Iterable[datetime | None]:
    run = progress.run
    return (run.created_at, run.started_at, progress.changed_at, run.finished_at)
