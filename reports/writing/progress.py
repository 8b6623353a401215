"""How far a run is, for whoever watches it: read from its rows, whoever works on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports.models import Run, Step
from reports.writing.steps import ORDER

StepState = Literal["done", "now", "failed", "next"]

STEP_LABELS: dict[str, Promise] = {
    "prepare_data": _("Freeze the numbers"),
    "write": _("Write both languages"),
    "render": _("Draw charts and pages"),
    "save": _("Save the report"),
}


@dataclass(frozen=True, slots=True)
class StepProgress:
    name: str
    state: StepState
    took: float | None = None  # seconds

    @property
    def label(self) -> Promise | str:
        return STEP_LABELS.get(self.name, self.name)


@dataclass(frozen=True, slots=True)
class Progress:
    run: Run
    steps: tuple[StepProgress, ...]

    @property
    def done(self) -> int:
        return sum(step.state == "done" for step in self.steps)

    @property
    def percent(self) -> int:
        return 100 * self.done // len(self.steps)

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
        return self.run.state == Run.State.FAILED or self.forgotten


def progress_of(run: Run) -> Progress:
    """The steps of the run in their order; their outputs are not loaded."""
    seconds = dict(Step.objects.filter(run=run, part=0).values_list("name", "seconds"))
    steps: list[StepProgress] = []
    reached = False  # the first step that is not done
    for name in ORDER:
        if name in seconds:
            steps.append(StepProgress(name, "done", seconds[name]))
            continue
        steps.append(StepProgress(name, "next" if reached else _reached(run)))
        reached = True
    return Progress(run, tuple(steps))


def _reached(run: Run) -> StepState:
    return "failed" if run.state == Run.State.FAILED else "now"
