"""What people ask of runs: a report now, its end, another try where one failed or was forgotten."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F

from marketsite import clock
from reports.doorbell import ring
from reports.models import Run
from reports.writing.order import ORDER
from reports.writing.runs import request_run, slot_of
from reports.writing.schedule import due_slot

logger = logging.getLogger(__name__)

SAME_REQUEST = timedelta(seconds=10)


def request_now(
    user: AbstractBaseUser, draft: bool, trigger: Run.Trigger = Run.Trigger.EDITOR, token: str = ""
) -> tuple[Run, bool]:
    """The run of this minute, and whether this call created it; `token` names the API's caller.

    Two clicks of one user are one request, also where the minute turns between them: his row is
    locked, and his request of a moment ago answers the second. Who asks for a draft in the minute
    of a due slot gets the slot's own run, which publishes itself as it would have without him.
    """
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=user.pk)
        now = clock.now()
        earlier = Run.objects.filter(requested_by_id=user.pk, created_at__gt=now - SAME_REQUEST)
        if run := earlier.order_by("-created_at").first():
            return run, False
        if draft:
            _fill_slot(now)
        run, created = request_run(now, trigger, draft, user, token)
        if created:
            logger.info("requested run=%d user=%d draft=%s", run.pk, user.pk, draft)
            transaction.on_commit(lambda: ring(run.pk))
    return run, created


def _fill_slot(now: datetime) -> None:
    """Start the schedule's run where this very minute is due."""
    slot = due_slot(now)
    if slot is None or slot != slot_of(now):
        return
    run, created = request_run(slot, Run.Trigger.SCHEDULE)
    if created:
        logger.info("slot filled run=%d", run.pk)
        transaction.on_commit(lambda: ring(run.pk))


def retry(run: Run, user: AbstractBaseUser) -> bool:
    """Let the run go on where it stopped; False while somebody works on it, or when it is done."""
    with transaction.atomic():
        if not resume(run):
            return False
        logger.info("retried run=%d user=%d", run.pk, user.pk)
        transaction.on_commit(lambda: ring(run.pk))
    return True


def resume(run: Run) -> bool:
    """Make the run wait for whoever comes next; False while somebody works on it, or when done."""
    with transaction.atomic():
        return _restarted(run) or _freed(run) or _waiting(run)


def cancel(run: Run, user: AbstractBaseUser) -> bool:
    """End the run for good; False when it had ended before.

    Whoever works on it finds out before its next call to a model, and cannot write any more.
    """
    rows = Run.objects.filter(pk=run.pk, state__in=[Run.State.WAITING, Run.State.RUNNING])
    cancelled = rows.update(state=Run.State.CANCELLED, owner="", finished_at=clock.now())
    if cancelled:
        logger.info("cancelled run=%d user=%d", run.pk, user.pk)
    return bool(cancelled)


def _restarted(run: Run) -> bool:
    """A failed or cancelled run waits again with all its attempts; its finished parts count."""
    ended = Run.objects.filter(pk=run.pk, state__in=[Run.State.FAILED, Run.State.CANCELLED])
    restarted = ended.update(
        state=Run.State.WAITING, attempt=1, owner="", error="", finished_at=None, heartbeat=_now()
    )
    if restarted and run.steps.filter(name=ORDER[0], output={}).exists():
        run.steps.all().delete()  # pruned: their texts are gone
    return bool(restarted)


def _freed(run: Run) -> bool:
    """A run whose process died waits again; the attempt's number fences that process off."""
    dead = Run.objects.filter(
        pk=run.pk,
        state=Run.State.RUNNING,
        heartbeat__lt=_now() - timedelta(seconds=settings.RUN_STALE_SECONDS),
    )
    changes = {"attempt": F("attempt") + 1, "owner": "", "heartbeat": _now()}
    return bool(dead.update(state=Run.State.WAITING, **changes))


def _waiting(run: Run) -> bool:
    return Run.objects.filter(pk=run.pk, state=Run.State.WAITING).exists()


def _now() -> datetime:
    """Heartbeats measure what really elapses, so the shifted clock does not count."""
    return datetime.now(UTC)
