"""Whether the process lives, and whether the site can do its work."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from market import snapshot
from marketsite import clock
from marketsite.redis import client
from reports.models import Run

LATE_REFRESHES = 3


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
    if not database:
        reasons += [*_snapshot(), *_last_run()]
    body = {"status": "not ready" if reasons else "ready", "reasons": reasons}
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


def _last_run() -> list[str]:
    newest = Run.objects.order_by("-slot").first()
    if newest and newest.state == Run.State.FAILED:
        return [f"the report of {newest.slot:%Y-%m-%dT%H:%MZ} failed"]
    return []
