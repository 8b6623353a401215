"""What may go after its time: old numbers, and the texts that finished runs passed along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from market.retention import prune_overviews, prune_quotes, prune_rejected
from marketsite import clock
from reports.models import Run, Step
from reports.writing import budget

ENDED = (Run.State.DONE, Run.State.FAILED, Run.State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Pruned:
    quotes: int
    steps: int
    overviews: int = 0
    rejected: int = 0
    calls: int = 0


def prune() -> Pruned:
    """Delete old market rows and the outputs of long finished steps; rows of runs and reports stay.

    What each part took, in seconds and tokens, stays with its row, and what proves a published
    figure stands in its report.
    """
    now = clock.now()
    cutoff = now - timedelta(days=settings.RUN_RETENTION_DAYS)
    finished = Step.objects.filter(run__state__in=ENDED, run__finished_at__lt=cutoff)
    return Pruned(
        quotes=prune_quotes(),
        steps=finished.exclude(output={}).update(output={}),
        overviews=prune_overviews(),
        rejected=prune_rejected(),
        calls=budget.prune(now),
    )
