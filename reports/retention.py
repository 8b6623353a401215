"""What may go after its time: old quotes, and the texts that finished runs passed along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from market.retention import prune_overviews, prune_quotes, prune_rejected
from marketsite import clock
from reports.models import Run, Step


@dataclass(frozen=True, slots=True)
class Pruned:
    quotes: int
    steps: int
    overviews: int = 0
    rejected: int = 0


def prune() -> Pruned:
    """Delete old market rows and the outputs of long finished steps; rows of runs and reports stay.

    What proves a published figure stands in its report and is never touched.
    """
    cutoff = clock.now() - timedelta(days=settings.RUN_RETENTION_DAYS)
    finished = Step.objects.filter(
        run__state__in=[Run.State.DONE, Run.State.FAILED], run__finished_at__lt=cutoff
    ).exclude(output={})
    return Pruned(
        quotes=prune_quotes(),
        steps=finished.update(output={}),
        overviews=prune_overviews(),
        rejected=prune_rejected(),
    )
