"""A run from its slot to its report: claims, checkpoints, heartbeat, retries.

PostgreSQL owns the truth. Whoever claims a waiting run does one step, commits its output, and
leaves the run waiting for the next claim; a task queue only rings. A claim is fenced by owner and
attempt: a process that lost its claim cannot write any more.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from marketsite import clock
from reports.models import Run, Step
from reports.writing.save import create_report
from reports.writing.steps import INPUTS, ORDER, STEPS, Outputs

logger = logging.getLogger(__name__)

SAVE = "save"
POLL_SECONDS = 0.2


class ClaimLost(Exception):
    """Another process took the run over; this one must stop without writing."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write to a run: all that stays in the process between steps."""

    run_id: int
    owner: str
    attempt: int


def slot_of(moment: datetime) -> datetime:
    """The slot of a moment: its minute, in UTC."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def request_run(
    slot: datetime,
    trigger: Run.Trigger,
    draft: bool = False,
    requested_by: AbstractBaseUser | None = None,
) -> tuple[Run, bool]:
    """The run of the slot, and whether this call created it: a slot is filled once."""
    now = clock.now()
    return Run.objects.get_or_create(
        slot=slot_of(slot),
        defaults={
            "trigger": trigger,
            "draft": draft,
            "requested_by_id": requested_by.pk if requested_by else None,
            "heartbeat": _elapsed_now(),
            "created_at": now,
        },
    )


def claim(run_id: int) -> Claim | None:
    """Take a waiting run, or None when it is not waiting (any more)."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    waiting = Run.objects.filter(pk=run_id, state=Run.State.WAITING)
    now = _elapsed_now()
    if not waiting.update(state=Run.State.RUNNING, owner=owner, heartbeat=now):
        return None
    Run.objects.filter(pk=run_id, started_at=None).update(started_at=clock.now())
    return Claim(run_id, owner, Run.objects.values_list("attempt", flat=True).get(pk=run_id))


def advance(run_id: int) -> bool:
    """Do the next step of a run, if it can be claimed; whether there is more to do.

    A step that fails counts as an attempt; after `MAX_REPORT_ATTEMPTS` the run has failed, with
    the reason in its row. The exception is raised again, for the job's own record.
    """
    held = claim(run_id)
    if held is None:
        return False
    try:
        with Heartbeat(held):
            return _next_step(held)
    except ClaimLost:
        logger.warning("claim lost run=%d attempt=%d", run_id, held.attempt)
        return False
    except Exception as error:
        _record_failure(held, error)
        raise


def run_to_end(run_id: int) -> Run:
    """Advance a run until it is finished, here or wherever else it is claimed."""
    while True:
        more = advance(run_id)
        run = Run.objects.get(pk=run_id)
        if run.is_finished:
            return run
        if not more:
            sweep()
            time.sleep(POLL_SECONDS)


def sweep() -> list[int]:
    """Free runs whose process died, fail those out of attempts; returns runs worth ringing for."""
    now = _elapsed_now()
    stale = Run.objects.filter(
        state=Run.State.RUNNING,
        heartbeat__lt=now - timedelta(seconds=settings.RUN_STALE_SECONDS),
    )
    worn_out = stale.filter(attempt__gte=settings.MAX_REPORT_ATTEMPTS)
    failed = worn_out.update(
        state=Run.State.FAILED,
        error="the process stopped without finishing, too many times",
        finished_at=clock.now(),
    )
    freed = stale.update(state=Run.State.WAITING, attempt=F("attempt") + 1, owner="", heartbeat=now)
    if failed or freed:
        logger.warning("swept stale runs freed=%d failed=%d", freed, failed)
    forgotten = Run.objects.filter(
        state=Run.State.WAITING,
        heartbeat__lt=now - timedelta(seconds=settings.RUN_WAITING_SECONDS),
    ).values_list("pk", flat=True)
    just_freed = Run.objects.filter(state=Run.State.WAITING, heartbeat=now)
    return sorted({*forgotten, *(just_freed.values_list("pk", flat=True) if freed else ())})


def _next_step(held: Claim) -> bool:
    run = Run.objects.get(pk=held.run_id)
    done = {
        step.name: step
        for step in Step.objects.filter(run=run).only("name", "input_hash", "run_id")
    }
    name = next((name for name in ORDER if name not in done), SAVE)
    outputs = _outputs(run, INPUTS[name])
    began = time.perf_counter()
    if name == SAVE:
        _save(held, run, outputs, began)
        return False
    output = STEPS[name](run, outputs)
    with transaction.atomic():
        _confirm(held)
        _checkpoint(held, name, outputs, output, began)
        Run.objects.filter(pk=held.run_id).update(
            state=Run.State.WAITING, owner="", heartbeat=_elapsed_now()
        )
    return True


def _save(held: Claim, run: Run, outputs: Outputs, began: float) -> None:
    with transaction.atomic():
        _confirm(held)
        report = create_report(run, outputs)
        _checkpoint(held, SAVE, outputs, {"report": report.pk}, began)
        Run.objects.filter(pk=run.pk).update(
            state=Run.State.DONE, owner="", error="", report=report, finished_at=clock.now()
        )
    logger.info("run done run=%d report=%d status=%s", run.pk, report.pk, report.status)


def _outputs(run: Run, names: tuple[str, ...]) -> Outputs:
    return dict(Step.objects.filter(run=run, name__in=names).values_list("name", "output"))


def _confirm(held: Claim) -> None:
    """Lock the run's row and make sure that it is still ours; raises ClaimLost."""
    mine = Run.objects.select_for_update().filter(
        pk=held.run_id, state=Run.State.RUNNING, owner=held.owner, attempt=held.attempt
    )
    if not mine.exists():
        raise ClaimLost


def _checkpoint(
    held: Claim, name: str, outputs: Outputs, output: dict[str, Any], began: float
) -> None:
    Step.objects.create(
        run_id=held.run_id,
        name=name,
        input_hash=_hash(outputs),
        output=output,
        seconds=round(time.perf_counter() - began, 3),
        attempt=held.attempt,
        finished_at=clock.now(),
    )


def _hash(outputs: Outputs) -> str:
    text = json.dumps(outputs, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _record_failure(held: Claim, error: Exception) -> None:
    reason = f"{type(error).__name__}: {error}"[:2000]
    mine = Run.objects.filter(pk=held.run_id, owner=held.owner, attempt=held.attempt)
    if held.attempt >= settings.MAX_REPORT_ATTEMPTS:
        changes: dict[str, Any] = {"state": Run.State.FAILED, "finished_at": clock.now()}
    else:
        changes = {"state": Run.State.WAITING, "attempt": held.attempt + 1}
    mine.update(owner="", error=reason, heartbeat=_elapsed_now(), **changes)


def _elapsed_now() -> datetime:
    """Real time, which the shifted clock must not touch: heartbeats measure what elapses."""
    return datetime.now(UTC)


class Heartbeat:
    """A thread that renews a claim's sign of life while a step takes its time."""

    def __init__(self, held: Claim) -> None:
        self._held = held
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
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

    def _beat(self) -> None:
        try:
            while not self._stop.wait(settings.RUN_HEARTBEAT_SECONDS):
                self._renew()
        finally:
            connection.close()

    def _renew(self) -> None:
        held = self._held
        mine = Run.objects.filter(pk=held.run_id, owner=held.owner, attempt=held.attempt)
        try:
            mine.update(heartbeat=_elapsed_now())
        except DatabaseError:
            logger.warning("heartbeat not written run=%d", held.run_id)
            connection.close()
