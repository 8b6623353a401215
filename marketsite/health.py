"""Whether the process lives, and whether the site can do its work."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from market import snapshot
from market.snapshot import iso
from marketsite import clock
from marketsite.redis import client
from reports.models import Run
from reports.writing.schedule import current_plan, due_slot

LATE_REFRESHES = 3
SLOT_PATIENCE = timedelta(minutes=10)  # a worker or cron looks each minute


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all; touches neither database nor Redis."""
    return JsonResponse({"status": "healthy"})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 when database, Redis and snapshot are fit for readers; else 503 with the reasons."""
    database = database_faults()
    reasons = [*database, *_redis()]
    body: dict[str, Any] = {"status": "ready", "reasons": reasons}
    if not database:
        body["last_slot"] = _last_slot()
        reasons += [*_snapshot(), *_last_run(), *_schedule()]
    if reasons:
        body["status"] = "not ready"
    return JsonResponse(body, status=503 if reasons else 200)


def database_faults() -> list[str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return ["database does not answer"]
    return []


def _redis() -> list[str]:
    try:
        client().ping()
    except RedisError:
        return ["Redis does not answer"]
    return []


def _snapshot() -> list[str]:
    current = snapshot.read()
    if not any(entry["value"] for entry in current["indices"].values()):
        return ["no index is known yet"]
    age = clock.now() - clock.parse(current["generated_at"])
    limit = timedelta(seconds=settings.MARKET_REFRESH_SECONDS * LATE_REFRESHES)
    if age > limit:
        return [f"snapshot is {int(age.total_seconds())} seconds old"]
    return []


def _last_slot() -> dict[str, str] | None:
    """The newest run: its slot, and how it stands."""
    newest = Run.objects.order_by("-slot").values("slot", "state").first()
    return {"slot": iso(newest["slot"]), "state": newest["state"]} if newest else None


def _last_run() -> list[str]:
    """Whether the newest run that came to an end left no report.

    One that was cancelled tells nothing, nor does a translation that failed afterwards.
    """
    ended = Run.objects.filter(Q(state=Run.State.DONE) | Q(state=Run.State.FAILED, report=None))
    newest = ended.order_by("-slot").only("slot", "state").first()
    if newest and newest.state == Run.State.FAILED:
        return [f"the report of {_minute(newest.slot)} failed"]
    return []


def _schedule() -> list[str]:
    """What the schedule promised and nobody did, and whether it was slowed down."""
    now, reasons = clock.now(), []
    slot = due_slot(now)
    if slot and now - slot > SLOT_PATIENCE:
        reasons.append(f"the report of {_minute(slot)} was not begun")
    if current_plan().slowed:
        reasons.append("three scheduled reports failed in a row: every second one is left out")
    return reasons


def _minute(slot: datetime) -> str:
    return f"{slot:%Y-%m-%dT%H:%MZ}"
