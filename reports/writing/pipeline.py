"""A run from its slot to its report: claims, checkpoints, heartbeat, retries.

PostgreSQL owns the truth. Whoever claims a waiting run does one part of a step, commits its output,
and leaves the run waiting for the next claim; a task queue only rings. A claim is fenced by owner
and attempt: a process that lost its claim cannot write any more.
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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import Q, QuerySet

from marketsite import clock
from reports.models import Run, Step
from reports.writing.budget import Spender
from reports.writing.order import INPUTS
from reports.writing.runs import ClaimLost, elapsed_now
from reports.writing.save import SAVED, create_report
from reports.writing.statements import (
    CLAIM,
    FACTS,
    IS_OURS,
    KEEP,
    KEEP_AND_RELEASE,
    OUTPUTS,
    RUN,
    changed_by,
    rows_of,
)
from reports.writing.steps import EXPECTED_FAILURES, KEPT, STEPS
from reports.writing.steps.job import LARGE, WHOLE, Job, Output, Part
from reports.writing.sweeping import free_stale
from reports.writing.writers.base import NoWriter

logger = logging.getLogger(__name__)

SAVE = "save"
FIELDS = {"large": [*LARGE], "whole": [*WHOLE]}
RUN_FIELDS = ("id", "slot", "trigger", "draft", "writer", "notes", "report_id")
POLL_SECONDS = 0.2
LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write to a run: all that stays in the process between steps."""

    run_id: int
    owner: str
    attempt: int

    def row(self) -> QuerySet[Run]:
        """The run's row for as long as it is ours; no row afterwards."""
        return Run.objects.filter(
            pk=self.run_id, state=Run.State.RUNNING, owner=self.owner, attempt=self.attempt
        )

    def values(self) -> dict[str, object]:
        """What the same row is found by in a statement."""
        return {"run": self.run_id, "owner": self.owner, "attempt": self.attempt}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a finished part was made from, the digest of its output, whether it is the last, and the
    small fields of its output; none for a step that is read whole.
    """

    input_hash: str
    output_digest: str
    final: bool
    small: Output | None


Done = dict[str, list[Checkpoint]]
Known = tuple[Run, Done]


@dataclass(frozen=True, slots=True)
class Task:
    """The next thing to do in a run: a part of a step, and what the step is made from.

    `replaces`: the step has parts that were made from other inputs.
    """

    name: str
    part: int
    input_hash: str
    replaces: bool


def claim(run_id: int) -> Claim | None:
    """Take a waiting run, or None when it is not waiting (any more)."""
    taken = _take(run_id)
    return taken[0] if taken else None


def _take(run_id: int) -> tuple[Claim, Known] | None:
    """Claim a waiting run, and read it with the same statement."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    now = clock.now()
    rows = rows_of(CLAIM, run=run_id, owner=owner, heartbeat=elapsed_now(), now=now, **FIELDS)
    for attempt, *row in rows:
        return Claim(run_id, owner, attempt), _known(row)
    return None


def advance(run_id: int) -> bool:
    """Do the next step of a run, if it can be claimed; whether there is more to do.

    A step that fails counts as an attempt; after `MAX_REPORT_ATTEMPTS`, and at once where no writer
    can be asked for now, the run has failed, with the reason in its row. The exception is raised
    again, for the job's own record.
    """
    taken = _take(run_id)
    if taken is None:
        return False
    held, known = taken
    try:
        with Heartbeat(held):
            return work(held, known)
    except ClaimLost:
        logger.warning("claim lost run=%d attempt=%d", run_id, held.attempt)
        return False
    except Exception as error:
        _record_failure(held, error)
        raise


def work(held: Claim, known: Known | None = None) -> bool:
    """Do the next part of a claimed run and give the claim back; whether there is more to do.

    `known` is the run as it was claimed, where the caller has it. Raises ClaimLost, having written
    nothing, when the run was taken over or cancelled meanwhile.
    """
    run, done = known or _run(held.run_id)
    task = _next_task(done)
    began = time.perf_counter()
    committed = _Committed(run.pk, done, task)
    part = Part({}) if task.name == SAVE else STEPS[task.name](_job(held, run, committed, task))
    if task.name == SAVE or task.replaces:
        with transaction.atomic():
            _confirm(held)
            if task.name == SAVE:
                part = _save(run, committed)
            if task.replaces:
                _replace(held, task)
            _checkpoint(held, task, part, began)
    else:  # one statement, so all of it or nothing
        _checkpoint(held, task, part, began)
    logger.info(
        "step done run=%d step=%s part=%d attempt=%d seconds=%.3f",
        run.pk, task.name, task.part, held.attempt, time.perf_counter() - began,
    )  # fmt: skip
    return task.name != SAVE


def run_to_end(run_id: int) -> Run:
    """Advance a run until it is finished, here or wherever else it is claimed.

    A failed attempt is logged and followed by the next, until the run is done or has failed.
    Raises only for a database that does not answer; the run can then be resumed.
    """
    while True:
        pause = _attempt(run_id)
        run = Run.objects.get(pk=run_id)
        if run.is_finished:
            return run
        if pause:
            free_stale()
            time.sleep(pause)


def _attempt(run_id: int) -> float:
    """Advance a run; the seconds to wait before it is worth another try."""
    try:
        return 0 if advance(run_id) else POLL_SECONDS
    except EXPECTED_FAILURES:
        pass
    except Exception:
        logger.exception("fault in a step run=%d", run_id)
        _drop_broken_connection()
    return settings.RUN_RETRY_SECONDS


def _run(run_id: int) -> Known:
    return _known(*rows_of(RUN, run=run_id, **FIELDS))


def _known(row: Sequence[Any]) -> Known:
    """What the steps look at in a run's row, and its finished parts by step, in order.

    The rest of the row is read when it is asked for.
    """
    pk, slot, trigger, draft, writer, notes, report_id, parts = row
    values = (pk, slot, trigger, draft, writer, json.loads(notes), report_id)
    done: Done = {}
    for name, *checkpoint in json.loads(parts):
        done.setdefault(name, []).append(Checkpoint(*checkpoint))
    return Run.from_db(connection.alias, RUN_FIELDS, values), done


def _next_task(done: Done) -> Task:
    """The first part that is missing or made from other inputs."""
    for name in STEPS:
        input_hash = _input_hash(name, done)
        known = done.get(name, [])
        fitting = [part for part in known if part.input_hash == input_hash]
        if not fitting or not fitting[-1].final:
            return Task(name, len(fitting), input_hash, len(fitting) < len(known))
    return Task(SAVE, 0, _input_hash(SAVE, done), SAVE in done)


def _input_hash(name: str, done: Done) -> str:
    parts = [f"{source} {part.output_digest}" for source in INPUTS[name] for part in done[source]]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class _Committed:
    """The parts of a run's steps, read when they are asked for and gone with the part; of the
    task's own step, those that it goes on from.
    """

    def __init__(self, run_id: int, done: Done, task: Task) -> None:
        self._run_id = run_id
        self._task = task
        self._read: dict[str, tuple[set[str], list[Output]]] = {
            step: (set(), [part.small for part in parts if part.small is not None])
            for step, parts in done.items()
            if step not in WHOLE
        }

    def __call__(self, step: str, *large: str) -> list[Output]:
        there, parts = self._read.get(step, (None, []))
        if there is None or not there.issuperset(large):
            parts = _outputs(self._run_id, step, *large)
            self._read[step] = {*large}, parts
        return parts[: self._task.part] if step == self._task.name else parts


def _job(held: Claim, run: Run, committed: _Committed, task: Task) -> Job:
    return Job(
        run,
        committed(task.name, *KEPT.get(task.name, ())) if task.part else [],
        committed,
        Spender(held.run_id, held.owner, held.attempt),
        partial(_still_ours, held),
        partial(_facts, run.pk),
    )


def _outputs(run_id: int, name: str, *large: str) -> list[Output]:
    without = [field for field in LARGE if field not in large]
    rows = rows_of(OUTPUTS, run=run_id, step=name, without=without)
    return [json.loads(output) for (output,) in rows]


def _facts(run_id: int, keys: Iterable[str]) -> Output:
    ((sheet,),) = rows_of(FACTS, run=run_id, keys=[*keys])
    return dict(json.loads(sheet))


def _still_ours(held: Claim) -> None:
    if not rows_of(IS_OURS, **held.values()):
        raise ClaimLost


def _save(run: Run, committed: _Committed) -> Part:
    """End the run with its report, in the transaction of its last checkpoint."""
    outputs = {name: committed(name, *SAVED.get(name, ())) for name in INPUTS[SAVE]}
    report = create_report(run, outputs)
    Run.objects.filter(pk=run.pk).update(
        state=Run.State.DONE, owner="", error="", report=report, finished_at=clock.now()
    )
    return Part({"report": report.pk, "status": report.status} if report else {"report": None})


def _confirm(held: Claim) -> None:
    """Lock the run's row and make sure that it is still ours; raises ClaimLost."""
    if not held.row().select_for_update().exists():
        raise ClaimLost


def _replace(held: Claim, task: Task) -> None:
    """Delete the step's parts that were made from other inputs."""
    rows = Step.objects.filter(run_id=held.run_id, name=task.name)
    rows.filter(Q(part__gte=task.part) | ~Q(input_hash=task.input_hash)).delete()


def _checkpoint(held: Claim, task: Task, part: Part, began: float) -> None:
    """Store a part's output, with the seconds since it `began`.

    All but the last part of a run give the claim back too; raises ClaimLost when it is not ours.
    """
    kept = changed_by(
        KEEP if task.name == SAVE else KEEP_AND_RELEASE,
        **held.values(),
        heartbeat=elapsed_now(),
        notes=json.dumps([*part.notes]),
        name=task.name,
        part=task.part,
        final=part.final,
        input_hash=task.input_hash,
        output=json.dumps(part.output, ensure_ascii=False),
        usage=json.dumps(dict(part.usage)),
        seconds=round(time.perf_counter() - began, 3),
        now=clock.now(),
    )
    if not kept:
        raise ClaimLost


def _record_failure(held: Claim, error: Exception) -> None:
    """Count the attempt; when the database itself fails, the sweeper counts it later."""
    changes: dict[str, Any] = {"state": Run.State.WAITING, "attempt": held.attempt + 1}
    if held.attempt >= settings.MAX_REPORT_ATTEMPTS or isinstance(error, NoWriter):
        changes = {"state": Run.State.FAILED, "finished_at": clock.now()}
    reason = f"{type(error).__name__}: {error}".replace("\0", "")[:LONGEST_REASON]
    logger.warning(
        "attempt failed run=%d attempt=%d reason=%s", held.run_id, held.attempt, reason.strip()
    )
    _drop_broken_connection()
    try:
        held.row().update(owner="", error=reason, heartbeat=elapsed_now(), **changes)
    except Error:
        logger.warning("failure not recorded run=%d attempt=%d", held.run_id, held.attempt)


def _drop_broken_connection() -> None:
    """Let the next query connect anew where the last one found the server gone."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


class Heartbeat:
    """Renews a claim's sign of life in a thread of its own while a part takes its time.

    It falls silent after `RUN_PART_SECONDS`: what hangs for ever must not hold its run for ever.
    """

    def __init__(self, held: Claim) -> None:
        self._held = held
        self._ends = time.monotonic() + settings.RUN_PART_SECONDS
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Heartbeat:
        _alarm.set(self)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        _alarm.unset(self)
        self._stop.set()
        if self._thread:
            self._thread.join()

    @property
    def beats(self) -> bool:
        """Whether the claim is renewed: that stops by itself once it is lost."""
        return self._thread is None or self._thread.is_alive()

    def start(self) -> None:
        """Begin to beat."""
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    def _beat(self) -> None:
        try:
            while self._is_in_time() and self._renew():
                if self._stop.wait(settings.RUN_HEARTBEAT_SECONDS):
                    return
        finally:
            connection.close()

    def _is_in_time(self) -> bool:
        if time.monotonic() <= self._ends:
            return True
        logger.warning("part takes too long run=%d", self._held.run_id)
        return False

    def _renew(self) -> bool:
        """Whether the claim may still be ours."""
        try:
            return bool(self._held.row().update(heartbeat=elapsed_now()))
        except Error:
            logger.warning("heartbeat not written run=%d", self._held.run_id)
            connection.close()
            return True


class _Alarm:
    """Starts the hearts whose first beat is due, from one thread that outlives the parts.

    Most parts end before that: a thread for each would be a large share of what they cost. This one
    never sleeps longer than a heart may wait, so that to set it need not wake it, and ends when no
    part has begun meanwhile.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[Heartbeat, float] = {}
        self._next_look = 0.0
        self._was_set = False
        self._thread: threading.Thread | None = None

    def set(self, heart: Heartbeat) -> None:
        with self._changed:
            self._due[heart] = due = time.monotonic() + settings.RUN_HEARTBEAT_SECONDS
            self._was_set = True
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, name="alarm", daemon=True)
                self._thread.start()
            elif due < self._next_look:
                self._changed.notify()

    def unset(self, heart: Heartbeat) -> None:
        """The heart is not started any more."""
        with self._changed:
            self._due.pop(heart, None)

    def _watch(self) -> None:
        with self._changed:
            while self._due or self._was_set:
                self._was_set = False
                now = time.monotonic()
                for heart in [heart for heart, due in self._due.items() if due <= now]:
                    del self._due[heart]
                    heart.start()
                latest = now + settings.RUN_HEARTBEAT_SECONDS
                self._next_look = min([latest, *self._due.values()])
                self._changed.wait(self._next_look - now)
            self._thread = None


_alarm = _Alarm()


def _forget_alarm() -> None:
    """A forked child has none of its parent's threads, and whatever state their lock was in."""
    global _alarm
    _alarm = _Alarm()


os.register_at_fork(after_in_child=_forget_alarm)
