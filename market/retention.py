"""Old quotes go in batches; day bars stay."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from market.models import Quote
from marketsite import clock

BATCH = 5000


def prune_quotes() -> int:
    """Delete quotes older than `QUOTE_RETENTION_DAYS`; returns how many went.

    The newest real and the newest simulated quote of each index stay whatever their age: they are
    the last known values.
    """
    cutoff = clock.now() - timedelta(days=settings.QUOTE_RETENTION_DAYS)
    kinds = [Quote.objects.filter(simulated=kind).latest_per_index() for kind in (False, True)]
    newest = [pk for quotes in kinds for pk in quotes.values_list("pk", flat=True)]
    total = 0
    while True:
        batch = Quote.objects.filter(as_of__lt=cutoff).exclude(pk__in=newest)[:BATCH]
        deleted, _ = Quote.objects.filter(pk__in=batch.values("pk")).delete()
        total += deleted
        if deleted < BATCH:
            return total
