"""Runs and their steps: asked for, watched and tried again, but never edited."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from market import formats
from marketsite.language import page_language
from marketsite.model_admin import NOTHING, ReadOnlyAdmin, badge, duration, moment, staff
from reports.models import Run, Step
from reports.models.report import LARGE_FIELDS
from reports.publishing import reasons
from reports.writing.budget import run_totals
from reports.writing.order import ORDER
from reports.writing.progress import STEP_LABELS, Progress, progress_of
from reports.writing.requests import cancel, request_now, retry
from reports.writing.schedule import current_plan

REASON_WORDS = 20


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin[Run]):
    list_display = (
        "slot_time",
        "status",
        "steps_done",
        "asked_by",
        "requested_by",
        "attempt",
        "took",
        "outcome",
    )
    list_filter = ("state", "trigger", "draft")
    search_fields = ("public_id", "error", "report__title", "report__title_en")
    date_hierarchy = "slot"
    show_full_result_count = False
    fields = (
        ("slot_time", "asked_by", "requested_by", "destination", "chosen_writer"),
        ("attempt", "owner", "sign_of_life", "public_id"),
        ("created", "started", "finished"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        large = [f"report__{name}" for name in LARGE_FIELDS]
        rows = super().get_queryset(request).select_related("report", "requested_by").defer(*large)
        return rows.annotate(finished_steps=Count("steps", Q(steps__final=True)))

    # Columns and fields

    @admin.display(description=_("slot"), ordering="slot")
    def slot_time(self, run: Run) -> str:
        return moment(run.slot)

    @admin.display(description=_("state"), ordering="state")
    def status(self, run: Run) -> SafeString:
        return badge(run.state, run.get_state_display())

    @admin.display(description=_("steps"))
    def steps_done(self, run: Run) -> str:
        return f"{run.finished_steps}/{len(ORDER)}"  # type: ignore[attr-defined]

    @admin.display(description=_("asked by"), ordering="trigger")
    def asked_by(self, run: Run) -> str:
        """What asked for it; of the API also the token's name."""
        trigger = run.get_trigger_display()
        return f"{trigger}: {run.token}" if run.token else trigger

    @admin.display(description=_("took"))
    def took(self, run: Run) -> str:
        if run.started_at is None or run.finished_at is None:
            return NOTHING
        return duration((run.finished_at - run.started_at).total_seconds())

    @admin.display(description=_("outcome"))
    def outcome(self, run: Run) -> SafeString | str:
        """The report, or why there is none."""
        if run.report is None:
            return Truncator(reasons.plain(run.error)).words(REASON_WORDS) or NOTHING
        url = reverse("admin:reports_report_change", args=[run.report.pk])
        return format_html('<a href="{}">{}</a>', url, run.report.headline)

    @admin.display(description=_("then"))
    def destination(self, run: Run) -> str:
        return gettext("into review") if run.draft else gettext("published at once")

    @admin.display(description=_("writer"))
    def chosen_writer(self, run: Run) -> str:
        return run.writer or gettext("as the settings list them")

    @admin.display(description=_("created"))
    def created(self, run: Run) -> str:
        return moment(run.created_at)

    @admin.display(description=_("started"))
    def started(self, run: Run) -> str:
        return moment(run.started_at)

    @admin.display(description=_("finished"))
    def finished(self, run: Run) -> str:
        return moment(run.finished_at)

    @admin.display(description=_("last sign of life"))
    def sign_of_life(self, run: Run) -> str:
        return moment(run.heartbeat)

    # Who may do what

    def has_ask_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reports.add_run")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Those who may let a run go on may also end it."""
        return request.user.has_perm("reports.change_run")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "slowed": current_plan().slowed}
        return super().changelist_view(request, context)

    # Asking, watching, trying again, cancelling

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("ask/", view(self.ask_view), name="reports_run_ask"),
            path("<int:pk>/retry/", view(self.retry_view), name="reports_run_retry"),
            path("<int:pk>/cancel/", view(self.cancel_view), name="reports_run_cancel"),
            path("<int:pk>/progress/", view(self.progress_view), name="reports_run_progress"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def ask_view(self, request: HttpRequest) -> HttpResponse:
        """Start a run now. Only who may publish can have it published without review."""
        if not self.has_ask_permission(request):
            raise PermissionDenied
        at_once = "publish" in request.POST and request.user.has_perm("reports.publish_report")
        run, created = request_now(staff(request), draft=not at_once)
        if not created:
            text = gettext("This minute has its run already: here it is.")
            self.message_user(request, text, messages.WARNING)
        else:
            self.log_addition(request, run, gettext("Asked for."))
        return redirect("admin:reports_run_change", run.pk)

    @method_decorator(require_POST)
    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_retry_permission(request):
            raise PermissionDenied
        run = get_object_or_404(Run, pk=pk)
        if retry(run, staff(request)):
            self.log_change(request, run, gettext("Tried again."))
            text, level = gettext("A worker has been called."), messages.SUCCESS
        else:
            text, level = gettext("Nothing to try again here."), messages.WARNING
        self.message_user(request, text, level)
        return redirect("admin:reports_run_change", pk)

    @method_decorator(require_POST)
    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_retry_permission(request):
            raise PermissionDenied
        run = get_object_or_404(Run, pk=pk)
        if cancel(run, staff(request)):
            self.log_change(request, run, gettext("Cancelled."))
            text, level = gettext("The run is cancelled."), messages.SUCCESS
        else:
            text, level = gettext("It had ended already."), messages.WARNING
        self.message_user(request, text, level)
        return redirect("admin:reports_run_change", pk)

    @method_decorator(require_safe)
    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """What the run's page asks for while the run works."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = get_object_or_404(Run, pk=pk)
        progress = progress_of(run)
        return JsonResponse(
            {
                "state": run.state,
                "label": run.get_state_display(),
                "done": progress.done,
                "percent": progress.percent,
                "steps": _steps(progress),
                "spent": spent(run),
                "notes": [reasons.plain(str(note)) for note in run.notes],
                "attempt": run.attempt,
                "error": reasons.plain(run.error),
                "finished": run.is_finished,
                "forgotten": progress.forgotten,
            }
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        run: Run | None = kwargs.get("obj")
        if run is not None:
            progress = progress_of(run)
            context |= {
                "subtitle": moment(run.slot),
                "progress": progress,
                "steps": _steps(progress),
                "spent": spent(run),
                "has_report_access": request.user.has_perm("reports.view_report"),
                "may_retry": self.has_retry_permission(request) and progress.may_be_rung,
                "may_cancel": self.has_retry_permission(request) and not run.is_finished,
            }
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin[Step]):
    list_display = ("label", "run_slot", "part", "attempt", "took", "done_at")
    list_filter = ("name",)
    list_select_related = ("run",)
    search_fields = ("run__public_id",)
    date_hierarchy = "finished_at"
    ordering = ("-finished_at", "-pk")
    show_full_result_count = False
    fields = (
        ("label", "part", "attempt"),
        ("run_slot", "took", "done_at"),
        "input_hash",
        "usage_text",
        "output_text",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Step]:
        return super().get_queryset(request).defer("output").select_related("run")

    @admin.display(description=_("step"), ordering="name")
    def label(self, step: Step) -> str:
        return str(STEP_LABELS.get(step.name, step.name))

    @admin.display(description=_("run"))
    def run_slot(self, step: Step) -> SafeString:
        url = reverse("admin:reports_run_change", args=[step.run_id])
        return format_html('<a href="{}">{}</a>', url, moment(step.run.slot))

    @admin.display(description=_("took"), ordering="seconds")
    def took(self, step: Step) -> str:
        return duration(step.seconds)

    @admin.display(description=_("finished"), ordering="finished_at")
    def done_at(self, step: Step) -> str:
        return moment(step.finished_at)

    @admin.display(description=_("usage"))
    def usage_text(self, step: Step) -> SafeString:
        return _json(step.usage)

    @admin.display(description=_("output"))
    def output_text(self, step: Step) -> SafeString:
        return _json(step.output)


def spent(run: Run) -> str:
    """What the run's calls to models took so far; empty while there was none."""
    total = run_totals(run.pk)
    if not total.calls:
        return ""
    return gettext("%(calls)s calls to models, %(tokens)s tokens, %(cost)s USD") % {
        "calls": formats.number(total.calls, 0, page_language()),
        "tokens": formats.number(total.tokens, 0, page_language()),
        "cost": formats.number(total.cost, 4, page_language()),
    }


def _steps(progress: Progress) -> list[dict[str, str]]:
    """The steps as the page and its script show them."""
    return [
        {
            "name": step.name,
            "label": step.title,
            "state": step.state,
            "took": "" if step.took is None else duration(step.took),
        }
        for step in progress.steps
    ]


def _json(value: Any) -> SafeString:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return format_html('<pre class="source" tabindex="0">{}</pre>', text)
