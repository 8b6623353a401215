"""The editors' and operators' site: its first page says what needs attention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from market.breaker import State
from market.source_states import SourceState, source_states
from market.strip import Strip, StripItem, market_strip
from marketsite import clock
from marketsite.health import LATE_REFRESHES
from marketsite.model_admin import CheckedLists
from reports.models import Report, Run
from reports.writing.progress import Progress, progress_of
from reports.writing.schedule import current_plan
from reports.writing.writer_states import WriterState, writer_states

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Desk:
    """What an editor or operator should know before anything else; what he may not see is empty."""

    waiting: list[Report]
    waiting_count: int
    last: Progress | None
    strip: Strip
    snapshot_age: timedelta
    next_slot: datetime | None
    resting: list[SourceState]
    resting_writers: list[WriterState]

    @property
    def snapshot_late(self) -> bool:
        return self.snapshot_age > timedelta(
            seconds=settings.MARKET_REFRESH_SECONDS * LATE_REFRESHES
        )

    @property
    def doubtful(self) -> list[StripItem]:
        """The indices that are stale or of which nothing is known."""
        return [item for item in self.strip.items if item.stale or item.price is None]


class AdminSite(admin.AdminSite):
    site_title = "Marketsite"
    site_header = "Marketsite"
    index_title = _("Newsroom")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        own = admin_class or admin.ModelAdmin
        body = {"__module__": own.__module__, "__doc__": own.__doc__}
        checked = type(own.__name__, (CheckedLists, own), body)
        super().register(model_or_iterable, checked, **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().index(request, {**(extra_context or {}), "desk": _desk(request)})


def _desk(request: HttpRequest) -> Desk:
    now = clock.now()
    strip = market_strip()
    plan = current_plan()
    waiting = Report.objects.none()
    last, writers = None, []
    if request.user.has_perm("reports.view_report"):
        waiting = Report.objects.summaries().filter(status=Report.Status.REVIEW)
    if request.user.has_perm("reports.view_run"):
        run = Run.objects.order_by("-slot").first()
        last = progress_of(run) if run else None
        writers = [item for item in writer_states(now) if item.state == State.OPEN]
    return Desk(
        waiting=list(waiting[:SHOWN]),
        waiting_count=waiting.count(),
        last=last,
        strip=strip,
        snapshot_age=max(now - strip.generated_at, timedelta(0)),
        next_slot=plan.next_slot(now) if plan.enabled else None,
        resting=[item for item in source_states(now) if item.state != State.CLOSED],
        resting_writers=writers,
    )
