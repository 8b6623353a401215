"""A run as the terminal shows it while it works: a line for each part that has ended, and on a
terminal one more, drawn anew, that says what is at work and since when.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol

from django.db import Error, connection
from django.utils.translation import override

from reports.models import Run, Step
from reports.writing.progress import progress_of

LOOK_SECONDS = 0.5
ERASE = "\r\x1b[K"


class Output(Protocol):
    def write(self, msg: str, *, ending: str = ...) -> None: ...
    def isatty(self) -> bool: ...
    def flush(self) -> None: ...


class Watch:
    """Follows a run from a thread of its own for as long as the block lasts."""

    def __init__(self, run_id: int, out: Output) -> None:
        self._run_id, self._out, self._live = run_id, out, out.isatty()
        self._told = set(Step.objects.filter(run_id=run_id).values_list("pk", flat=True))
        self._changed = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="progress", daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        try:
            with override("en"), _quiet_log(self._live):
                while not self._stop.wait(LOOK_SECONDS):
                    self._look()
                self._look(last=True)
        finally:
            connection.close()

    def _look(self, last: bool = False) -> None:
        """Tell what is new; a database that does not answer is the run's concern, not ours."""
        try:
            ended = self._ended()
            drawn = "" if last or not self._live else self._at_work()
        except Error:
            connection.close()
            return
        lines = "".join(f"{line}\n" for line in ended)
        if self._live:
            self._out.write(f"{ERASE}{lines}{drawn}", ending="")
        elif lines:
            self._out.write(lines, ending="")
        self._out.flush()

    def _ended(self) -> list[str]:
        rows = Step.objects.filter(run_id=self._run_id).exclude(pk__in=self._told)
        found = list(rows.order_by("pk").only("name", "part", "final", "seconds"))
        if found:
            self._changed = time.monotonic()
            self._told |= {step.pk for step in found}
        return [f"  {_name(step)}: {step.seconds:.1f} s" for step in found]

    def _at_work(self) -> str:
        progress = progress_of(Run.objects.get(pk=self._run_id))
        step = progress.current
        if step is None:
            return ""
        part = f" {step.parts + 1}" if step.parts else ""
        seconds = int(time.monotonic() - self._changed)
        return f"  {step.name}{part}: {seconds} s ({progress.percent} %)"


def _name(step: Step) -> str:
    """`render`, or `write 3` where the step has several parts."""
    return step.name if step.final and not step.part else f"{step.name} {step.part + 1}"


@contextmanager
def _quiet_log(live: bool) -> Iterator[None]:
    """Keep the log's usual lines from tearing the drawn one apart."""
    loggers = [logging.getLogger(name) for name in ("reports", "market")] if live else []
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
