"""Which runs nobody works on although they are not finished, or lack their English.

It looks at rows alone: what does a run's work stands in `reports.writing.pipeline`.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from marketsite import clock
from reports.models import Run, Step
from reports.writing.runs import elapsed_now

logger = logging.getLogger(__name__)

TRANSLATION_PAUSE = timedelta(hours=1)
TRANSLATION_PATIENCE = timedelta(hours=12)
STOPPED = "the process stopped without finishing, too many times"


def sweep() -> list[int]:
    """Free stale runs; returns the waiting runs that nobody came for, to be rung again.

    Each is returned to one sweeper, and again when it still waits `RUN_WAITING_SECONDS` later.
    """
    free_stale()
    reopen_untranslated()
    now = elapsed_now()
    forgotten = Run.objects.filter(
        state=Run.State.WAITING,
        heartbeat__lt=now - timedelta(seconds=settings.RUN_WAITING_SECONDS),
    )
    with transaction.atomic():
        found = list(forgotten.select_for_update(skip_locked=True).values_list("pk", flat=True))
        Run.objects.filter(pk__in=found).update(heartbeat=now)
    return sorted(found)


def free_stale() -> None:
    """Free the runs whose process died, and fail those that are out of attempts.

    A row that is locked just now has a living owner, or another sweeper: it is passed over.
    """
    stale = Run.objects.filter(
        state=Run.State.RUNNING,
        heartbeat__lt=elapsed_now() - timedelta(seconds=settings.RUN_STALE_SECONDS),
    )
    with transaction.atomic():
        locked = stale.select_for_update(skip_locked=True)
        attempts = dict(locked.values_list("pk", "attempt"))
        worn_out = [pk for pk, made in attempts.items() if made >= settings.MAX_REPORT_ATTEMPTS]
        rows = Run.objects.filter(pk__in=attempts)
        rows.exclude(pk__in=worn_out).update(
            state=Run.State.WAITING, attempt=F("attempt") + 1, owner=""
        )
        rows.filter(pk__in=worn_out).update(
            state=Run.State.FAILED, error=STOPPED, owner="", finished_at=clock.now()
        )
    if attempts:
        logger.warning("freed stale runs=%s worn_out=%s", sorted(attempts), worn_out)


def untranslated() -> QuerySet[Run]:
    """The runs whose report lacks its English, and whose turn it is to try again.

    Each tries once an hour, for half a day.
    """
    now = clock.now()
    return Run.objects.filter(
        state=Run.State.DONE,
        report__translation_pending=True,
        finished_at__lt=now - TRANSLATION_PAUSE,
        created_at__gt=now - TRANSLATION_PATIENCE,
    )


def reopen_untranslated() -> None:
    """Let those runs try the translation again. What is translated already stays."""
    for run_id in list(untranslated().values_list("pk", flat=True)):
        with transaction.atomic():
            again = Run.objects.filter(pk=run_id, state=Run.State.DONE).update(
                state=Run.State.WAITING, attempt=1, finished_at=None, heartbeat=elapsed_now()
            )
            if again:
                failed = Step.objects.filter(run_id=run_id, name="translate", final=True)
                failed.delete()
                logger.info("translation tried again run=%d", run_id)
