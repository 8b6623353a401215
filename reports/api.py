"""The reports' part of the public API: asking for a report, following its run, and cancelling it.

Names and shapes are the old system's, so that its callers need not change.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any, Literal, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from ninja import Router, Schema
from ninja.errors import HttpError

from reports.callers import StaffAuth, caller_of, callers, is_let_in, limit
from reports.models import ApiToken, Run
from reports.writing import requests
from reports.writing.progress import progress_of, session_of
from reports.writing.schedule import current_plan
from reports.writing.writer_states import is_configured
from reports.writing.writers import MODEL_WRITERS

router = Router(tags=["reports"])

GENERATE = ApiToken.Scope.GENERATE
ASKING = callers(GENERATE, "reports.add_run")
CANCELLING = callers(GENERATE, "reports.change_run")


class Detail(Schema):
    detail: str


class Accepted(Schema):
    """What to follow with `progress/<session_id>`."""

    success: bool
    message: str
    session_id: str


class Session(Schema):
    """A run as it goes: times are seconds since 1970, `step` counts from 1.

    `status` is waiting, running, completed, failed or cancelled. `report_id` and `end_time` come
    with the end.
    """

    step: int
    total_steps: int
    current_step_name: str
    percentage: int
    status: Literal["waiting", "running", "completed", "failed", "cancelled"]
    start_time: float
    details: str
    last_update: float
    report_id: int | None = None
    end_time: float | None = None


class Scheduler(Schema):
    """`interval_hours` is the interval in force: it doubles while scheduled reports fail."""

    scheduler_enabled: bool
    api_key_configured: bool
    interval_hours: int
    max_attempts: int


class HasKey(Schema):
    has_api_key: bool


REFUSALS = {401: Detail, 403: Detail, 429: Detail, 503: Detail}


@router.post(
    "/generate-auto-report",
    auth=ASKING,
    response={202: Accepted, **REFUSALS},
    summary="Ask for a report of this minute",
)
def generate_auto_report(request: HttpRequest) -> HttpResponse:
    """Answers at once; the report is written afterwards.

    It is published without review when the caller may publish. A second call in the same minute
    gets the session of the first.
    """
    return _ask(request)


@router.post(
    "/manual-generate",
    auth=ASKING,
    response={202: Accepted, **REFUSALS},
    summary="The same under its other name",
)
def manual_generate(request: HttpRequest) -> HttpResponse:
    return _ask(request)


@router.get(
    "/progress/{session_id}",
    response={200: Session, 404: Detail},
    summary="How far a run is",
)
def progress(request: HttpRequest, session_id: str) -> HttpResponse:
    """With `If-None-Match` the answer is 304 until something happened.

    `details` names the reason of a failure to staff and to tokens with the scope `progress` alone.
    """
    run = _run(session_id)
    told = is_let_in(request, ApiToken.Scope.PROGRESS, "reports.view_run")
    response = _json(session_of(progress_of(run), reasons=told))
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return cast(HttpResponse, get_conditional_response(request, etag=etag, response=response))


@router.post(
    "/progress/{session_id}/cancel",
    auth=CANCELLING,
    response={200: Accepted, 404: Detail, 409: Detail, **REFUSALS},
    summary="Cancel a run",
)
def cancel(request: HttpRequest, session_id: str) -> HttpResponse:
    """Nothing more is asked of a model or written; a call that is under way is not cut short."""
    caller = caller_of(request)
    limit(caller, spends=False)
    run = _run(session_id)
    if not requests.cancel(run, caller.user):
        raise HttpError(409, "The run has ended already")
    return _accepted(run, "Cancelled", 200)


@router.get("/scheduler/status", response=Scheduler, summary="The schedule in force")
def scheduler_status(request: HttpRequest) -> HttpResponse:
    plan = current_plan()
    return _json(
        {
            "scheduler_enabled": plan.enabled,
            "api_key_configured": has_key(),
            "interval_hours": plan.hours_in_force,
            "max_attempts": settings.MAX_REPORT_ATTEMPTS,
        }
    )


@router.get(
    "/check-api-key",
    auth=StaffAuth("reports.view_run"),
    response={200: HasKey, 401: Detail, 403: Detail},
    summary="Whether a model writer has its key",
)
def check_api_key(request: HttpRequest) -> HttpResponse:
    """Says that there is one and nothing about it."""
    response = _json({"has_api_key": has_key()})
    response["Cache-Control"] = "private, no-store"
    return response


def has_key() -> bool:
    """Whether any of the models in use has all that it needs to be asked."""
    models = [name for name in settings.REPORT_WRITERS if name in MODEL_WRITERS]
    return any(is_configured(name) for name in models)


def _ask(request: HttpRequest) -> HttpResponse:
    caller = caller_of(request)
    limit(caller, spends=True)
    at_once = caller.has_perm("reports.publish_report")
    run, created = requests.request_now(caller.user, not at_once, Run.Trigger.API, caller.token)
    return _accepted(run, "Report asked for" if created else "This minute has its run already", 202)


def _accepted(run: Run, message: str, status: int) -> HttpResponse:
    body = {"success": True, "message": message, "session_id": str(run.public_id)}
    response = _json(body, status)
    response["Cache-Control"] = "no-store"
    return response


def _run(session_id: str) -> Run:
    try:
        public_id = uuid.UUID(session_id)
    except ValueError:
        raise HttpError(404, "Session not found") from None
    run = Run.objects.filter(public_id=public_id).first()
    if run is None:
        raise HttpError(404, "Session not found")
    return run


def _json(document: Any, status: int = 200) -> HttpResponse:
    text = json.dumps(document, ensure_ascii=False)
    return HttpResponse(text, content_type="application/json; charset=utf-8", status=status)
