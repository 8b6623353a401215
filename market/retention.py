"""Old quotes, overviews and rejected quotes go in batches; day bars stay."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet

from market.models import Overview, Quote, RejectedQuote
from marketsite import clock

BATCH = 5000


def prune_quotes() -> int:
    """Delete quotes older than `QUOTE_RETENTION_DAYS`; returns how many went.

    The newest real and the newest simulated quote of each index stay whatever their age: they are
    the last known values.
    """
    kinds = [Quote.objects.filter(simulated=kind).latest_per_index() for kind in (False, True)]
    newest = [pk for quotes in kinds for pk in quotes.values_list("pk", flat=True)]
    cutoff = _days_ago(settings.QUOTE_RETENTION_DAYS)
    return _delete(Quote.objects.filter(as_of__lt=cutoff).exclude(pk__in=newest))


def prune_overviews() -> int:
    """Delete overviews older than `QUOTE_RETENTION_DAYS`; returns how many went.

    The newest real and the newest simulated one stay, as with quotes.
    """
    kinds = [Overview.objects.filter(simulated=kind) for kind in (False, True)]
    newest = [pk for rows in kinds for pk in rows.values_list("pk", flat=True)[:1]]
    cutoff = _days_ago(settings.QUOTE_RETENTION_DAYS)
    return _delete(Overview.objects.filter(fetched_at__lt=cutoff).exclude(pk__in=newest))


def prune_rejected() -> int:
    """Delete rejected quotes older than `REJECTED_RETENTION_DAYS`; returns how many went."""
    cutoff = _days_ago(settings.REJECTED_RETENTION_DAYS)
    return _delete(RejectedQuote.objects.filter(rejected_at__lt=cutoff))


def _days_ago(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


def _delete(rows: QuerySet[Any]) -> int:
    """Delete the rows in batches, each short enough that nobody waits for its locks."""
    model: type[Model] = rows.model
    total = 0
    while True:
        batch = rows[:BATCH].values("pk")
        deleted, _ = model._default_manager.filter(pk__in=batch).delete()
        total += deleted
        if deleted < BATCH:
            return total
