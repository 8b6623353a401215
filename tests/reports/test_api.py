"""Asking for a report, following and cancelling its run, over the API, in the old shapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from marketsite.redis import cache_settings
from reports import tokens
from reports.models import Report, Run, Schedule, Step
from reports.writing import pipeline, sweeping
from reports.writing.runs import ClaimLost, request_run
from tests.html import Page
from tests.pages import Write
from tests.people import editor, staff, superuser
from tests.reports.admin import signed_in

pytestmark = pytest.mark.django_db

OLD_SHAPES = Path(__file__).parents[1] / "fixtures" / "old_system"
API = "/api/v1"
ASK = f"{API}/generate-auto-report"
NOW = "2026-08-21T08:10:20Z"
SLOT = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)
SECRET = "OperationalError: host=10.1.2.3 password=hunter2"
At = Callable[[str], None]


@pytest.fixture(autouse=True)
def now(at: At) -> None:
    at(NOW)


def token(user: User, *scopes: str) -> dict[str, str]:
    _, text = tokens.issue(user, "test", scopes or ["generate"])
    return {"Authorization": f"Bearer {text}"}


def ask(headers: dict[str, str] | None = None, name: str = "generate-auto-report") -> HttpResponse:
    return Client(enforce_csrf_checks=True).post(f"{API}/{name}", headers=headers or {})


def make_run(state: str = "running", **fields: Any) -> Run:
    usual = {"trigger": "schedule", "heartbeat": datetime.now(UTC), "created_at": SLOT}
    return Run.objects.create(slot=fields.pop("slot", SLOT), state=state, **usual | fields)


def finish(run: Run, name: str, part: int = 0, final: bool = True) -> None:
    Step.objects.create(
        run=run, name=name, part=part, final=final, input_hash="", output={}, seconds=1.25,
        attempt=1, finished_at=SLOT + timedelta(seconds=30),
    )  # fmt: skip


def progress(run: Run, client: Client | None = None, **headers: str) -> HttpResponse:
    return (client or Client()).get(f"{API}/progress/{run.public_id}", headers=headers)


def old_shape(name: str) -> dict[str, type]:
    told = json.loads((OLD_SHAPES / name).read_text(encoding="utf-8"))
    return {key: type(value) for key, value in told.items()}


# Asking


@pytest.mark.parametrize("name", ["generate-auto-report", "manual-generate"])
def test_a_program_with_a_token_asks_and_follows_the_session(
    name: str, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    user = editor()
    with django_capture_on_commit_callbacks(execute=True):
        response = ask(token(user), name)
    body, run = response.json(), Run.objects.get()
    assert response.status_code == 202
    assert body == {
        "success": True, "message": "Report asked for", "session_id": str(run.public_id)
    }  # fmt: skip
    assert (run.slot, run.state, run.requested_by) == (SLOT, "waiting", user)
    assert progress(run).json()["status"] == "waiting"


def test_staff_ask_with_their_session_and_its_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor())
    assert client.post(ASK).status_code == 403
    assert not Run.objects.exists()
    client.get("/admin/password_change/")  # a page with a form
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value}
    assert client.post(ASK, headers=headers).status_code == 202
    assert Run.objects.count() == 1


def test_only_a_caller_who_may_publish_publishes_at_once() -> None:
    ask(token(staff("reports.add_run")))
    assert Run.objects.get().draft
    Run.objects.all().delete()
    ask(token(editor()))
    assert not Run.objects.get().draft


def test_a_second_call_in_the_same_minute_gets_the_session_of_the_first() -> None:
    headers = token(editor())
    first, second = ask(headers).json(), ask(headers).json()
    assert first["session_id"] == second["session_id"]
    assert second["message"] == "This minute has its run already"
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("headers", "status", "detail"),
    [
        (dict, 401, "Unauthorized"),
        (
            lambda: {"Authorization": "Bearer mks_guess"},
            401,
            "The token is unknown, expired or revoked",
        ),
        (lambda: {"Authorization": "Basic aGk6aGk="}, 401, "Unauthorized"),
        (lambda: token(editor(), "progress"), 403, "The token does not allow this"),
        (lambda: token(staff()), 403, "The token does not allow this"),
    ],
)
def test_who_may_not_ask_is_told_so_and_no_more(
    headers: Callable[[], dict[str, str]], status: int, detail: str
) -> None:
    response = ask(headers())
    assert (response.status_code, response.json()) == (status, {"detail": detail})
    assert response.has_header("WWW-Authenticate") == (status == 401)
    assert not Run.objects.exists()


def test_a_bad_token_is_not_saved_by_a_session_beside_it() -> None:
    response = signed_in(superuser()).post(ASK, headers={"Authorization": "Bearer mks_guess"})
    assert response.status_code == 401


@pytest.mark.parametrize("user", [staff, lambda: User.objects.create(username="reader")])
def test_a_session_without_the_permission_is_refused(user: Callable[[], User]) -> None:
    assert signed_in(user()).post(ASK).status_code == 403
    assert not Run.objects.exists()


def test_another_site_gets_no_word_from_a_browser() -> None:
    origin = {"Origin": "https://elsewhere.example"}
    for response in (
        Client().options(ASK, headers=origin | {"Access-Control-Request-Method": "POST"}),
        progress(make_run(), **origin),
        ask(origin),
    ):
        assert [name for name in response.headers if name.startswith("Access-Control")] == []


# How often


def test_calls_beyond_the_limit_wait_and_others_are_not_held_up(settings: Settings) -> None:
    settings.API_WRITES_PER_MINUTE = 2
    headers, other = token(editor()), token(superuser())
    answers = [ask(headers) for _ in range(5)]  # wherever the minute turns, three are in one
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].json() == {"detail": "Too many requests."}
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert ask(other).status_code == 202


def test_the_count_goes_with_its_minute(redis_client: redis.Redis) -> None:
    ask(token(editor()))
    (key,) = redis_client.keys("rate:*")
    assert 60 < redis_client.ttl(key) <= 120


def test_without_redis_nothing_is_spent_but_a_run_can_be_cancelled(settings: Settings) -> None:
    settings.CACHES = {"default": cache_settings("redis://:hunter2@127.0.0.1:9/0", 8, 0.2)}
    headers, run = token(editor()), make_run()
    response = ask(headers)
    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert "hunter2" not in response.content.decode()
    assert Run.objects.count() == 1
    cancelled = Client().post(f"{API}/progress/{run.public_id}/cancel", headers=headers)
    assert cancelled.status_code == 200


# Following


def test_progress_has_the_old_shape_while_the_run_works() -> None:
    run = make_run(started_at=SLOT)
    finish(run, "prepare_data")
    told = progress(run).json()
    assert {key: type(value) for key, value in told.items()} == old_shape("progress_running.json")
    assert (told["step"], told["status"]) == (2, "running")
    assert 0 < told["percentage"] < 100
    assert told["start_time"] == SLOT.timestamp()
    assert told["last_update"] == SLOT.timestamp() + 30


def test_progress_has_the_old_shape_at_the_end(write: Write) -> None:
    report = write()
    told = progress(report.run).json()
    assert {key: type(value) for key, value in told.items()} == old_shape("progress_done.json")
    assert told["step"] == told["total_steps"]
    assert (told["status"], told["percentage"]) == ("completed", 100)
    assert told["report_id"] == report.pk
    assert told["last_update"] == told["end_time"] == report.run.finished_at.timestamp()


def test_who_knows_the_answer_already_gets_304_until_something_happens() -> None:
    run = make_run()
    first = progress(run)
    assert first["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= set(first["Vary"].split(", "))
    known = {"If-None-Match": first["ETag"]}
    Run.objects.update(heartbeat=datetime.now(UTC) + timedelta(seconds=10))  # a sign of life
    again = progress(run, **known)
    assert (again.status_code, again.content) == (304, b"")
    finish(run, "prepare_data")
    assert progress(run, **known).status_code == 200


@pytest.mark.parametrize("session", ["8c0ff7a4-6a3e-4d6c-9d1c-0b5f3a1f2e77", "7", "nothing", "%00"])
def test_an_unknown_session_is_not_found(session: str) -> None:
    make_run(pk=7)
    response = Client().get(f"{API}/progress/{session}")
    assert (response.status_code, response.json()) == (404, {"detail": "Session not found"})


@pytest.mark.parametrize(
    ("who", "told"),
    [
        (dict, False),
        (lambda: token(editor()), False),  # its scope is another one
        (lambda: token(staff(), "progress"), False),
        (lambda: {"Authorization": "Bearer mks_guess"}, False),
        (lambda: token(editor(), "progress"), True),
    ],
)
def test_the_reason_of_a_failure_is_for_those_who_may_see_runs(
    who: Callable[[], dict[str, str]], told: bool
) -> None:
    run = make_run("failed", error=SECRET, notes=["gemini: no answer"], finished_at=SLOT)
    body = progress(run, **who()).json()
    assert body["status"] == "failed"
    assert (SECRET in body["details"]) == ("gemini" in body["details"]) == told


def test_the_reason_of_a_failure_is_shown_to_staff() -> None:
    run = make_run("failed", error=SECRET, finished_at=SLOT)
    assert SECRET in progress(run, signed_in(editor())).json()["details"]
    assert SECRET not in progress(run, signed_in(staff(name="reader"))).json()["details"]


# Cancelling


def cancel(run: Run, headers: dict[str, str]) -> HttpResponse:
    return Client().post(f"{API}/progress/{run.public_id}/cancel", headers=headers)


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_a_cancelled_run_stays_ended(state: str, caplog: pytest.LogCaptureFixture) -> None:
    run, user = make_run(state), editor()
    response = cancel(run, token(user))
    assert (response.status_code, response.json()["success"]) == (200, True)
    run.refresh_from_db()
    assert (run.state, run.owner) == ("cancelled", "")
    assert progress(run).json()["status"] == "cancelled"
    assert progress(run).json()["end_time"] == run.finished_at.timestamp()
    assert f"cancelled run={run.pk} user={user.pk}" in caplog.text
    assert pipeline.advance(run.pk) is False
    sweeping.free_stale()
    run.refresh_from_db()
    assert run.state == "cancelled"


def test_whoever_works_on_a_cancelled_run_writes_nothing_more(write: Write) -> None:
    run, _ = request_run(SLOT, Run.Trigger.SCHEDULE)
    held = pipeline.claim(run.pk)
    assert held
    assert cancel(run, token(editor())).status_code == 200
    with pytest.raises(ClaimLost):
        pipeline.work(held)
    assert not Step.objects.exists()
    assert not Report.objects.exists()


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_a_run_that_has_ended_cannot_be_cancelled(state: str) -> None:
    run = make_run(state)
    response = cancel(run, token(editor()))
    assert (response.status_code, response.json()) == (409, {"detail": "The run has ended already"})
    run.refresh_from_db()
    assert run.state == state


def test_cancelling_needs_scope_and_permission() -> None:
    run = make_run()
    assert cancel(run, {}).status_code == 401
    assert cancel(run, token(editor(), "progress")).status_code == 403
    assert cancel(run, token(staff("reports.add_run"))).status_code == 403
    run.refresh_from_db()
    assert run.state == "running"


# The schedule and the key


def test_the_schedule_has_the_old_shape(settings: Settings) -> None:
    settings.MAX_REPORT_ATTEMPTS = 4
    Schedule.objects.create(interval_hours=6)
    assert Client().get(f"{API}/scheduler/status").json() == {
        "scheduler_enabled": True,
        "api_key_configured": False,
        "interval_hours": 6,
        "max_attempts": 4,
    }


def test_staff_learn_that_there_is_a_key_and_nothing_about_it(settings: Settings) -> None:
    address = f"{API}/check-api-key"
    assert Client().get(address).status_code == 401
    assert signed_in(staff()).get(address).status_code == 403
    client = signed_in(editor())
    assert client.get(address).json() == {"has_api_key": False}
    settings.REPORT_WRITERS, settings.GEMINI_API_KEY = ["gemini", "analyst"], "hunter2hunter2"
    response = client.get(address)
    assert response.json() == {"has_api_key": True}
    assert "no-store" in response["Cache-Control"]


# What describes them


def test_the_docs_name_the_calls_and_how_to_be_let_in(client: Client) -> None:
    schema = client.get(f"{API}/openapi.json").json()
    post = schema["paths"][ASK]["post"]
    assert {name for way in post["security"] for name in way} == {"TokenAuth", "StaffAuth"}
    assert schema["components"]["securitySchemes"]["TokenAuth"] == {
        "type": "http",
        "scheme": "bearer",
    }
    page = Page(client.get(f"{API}/docs").content)
    headings = [item.text for item in page.all("h2")]
    assert f"POST {ASK}" in headings
    assert f"GET {API}/progress/{{session_id}}" in headings
    assert f"POST {API}/progress/{{session_id}}/cancel" in headings
    assert "Authorization: Bearer" in page.text
