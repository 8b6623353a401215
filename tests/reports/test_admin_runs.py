"""Asking for a report, watching its run, trying again, and the schedule, in the admin."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from marketsite.celery import app
from reports.models import Report, Run, Schedule, Step
from reports.writing import pipeline
from reports.writing.order import ORDER
from reports.writing.requests import request_now
from reports.writing.runs import ClaimLost, request_run
from reports.writing.schedule import current_plan
from tests.html import Page
from tests.pages import Write
from tests.people import editor, staff, superuser
from tests.processes import locked
from tests.reports.admin import signed_in, told, url

pytestmark = pytest.mark.django_db

NOW = "2026-08-21T08:10:20Z"
SLOT = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)
OLD = timedelta(hours=1)
COMING = ["next"] * (len(ORDER) - 2)
At = Callable[[str], None]


@pytest.fixture
def bells() -> Callable[[], int]:
    """How many calls for a worker wait in the broker."""

    def count() -> int:
        with app.connection_for_read() as broker:
            return int(broker.default_channel.client.llen("celery"))

    return count


def make_run(state: str = "waiting", **fields: Any) -> Run:
    usual = {"trigger": "schedule", "heartbeat": datetime.now(UTC), "created_at": SLOT}
    return Run.objects.create(slot=fields.pop("slot", SLOT), state=state, **usual | fields)


def finish(run: Run, *names: str) -> None:
    for name in names:
        Step.objects.create(
            run=run,
            name=name,
            input_hash="",
            output={"text": "long"},
            seconds=1.25,
            attempt=1,
            finished_at=SLOT,
        )


def ask(client: Client, **fields: str) -> HttpResponse:
    return client.post(url("reports_run_ask"), fields)


def progress(client: Client, run: Run) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(url("reports_run_progress", run.pk)).json()
    return answer


# Asking


def test_an_editor_asks_for_a_report_and_lands_on_its_run(
    at: At,
    bells: Callable[[], int],
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    at(NOW)
    user = editor()
    with django_capture_on_commit_callbacks(execute=True):
        response = ask(signed_in(user))
    run = Run.objects.get()
    assert response["Location"] == url("reports_run_change", run.pk)
    assert (run.slot, run.trigger, run.requested_by) == (SLOT, "editor", user)
    assert (run.state, run.draft) == ("waiting", True)
    assert bells() == 1
    assert f"requested run={run.pk} user={user.pk}" in caplog.text


def test_publishing_without_review_is_for_those_who_may_publish(at: At) -> None:
    at(NOW)
    ask(signed_in(staff("reports.add_run")), publish="on")
    assert Run.objects.get().draft
    at("2026-08-21T08:11:20Z")
    ask(signed_in(editor()), publish="on")
    assert not Run.objects.latest("slot").draft


@pytest.mark.parametrize("second", ["2026-08-21T08:10:59.900Z", "2026-08-21T08:11:00.100Z"])
def test_a_double_click_makes_one_run_even_when_the_minute_turns(at: At, second: str) -> None:
    client = signed_in(editor())
    at("2026-08-21T08:10:59.800Z")
    first = ask(client)
    at(second)
    again = ask(client)
    assert again["Location"] == first["Location"]
    assert Run.objects.count() == 1
    assert told(again) == ["Phút này đã có lượt viết: chính là lượt dưới đây."]


def test_two_clicks_at_the_same_instant_make_one_run(committed: None, at: At) -> None:
    at(NOW)
    user = editor()

    def click(_: int) -> tuple[Run, bool]:
        try:
            return request_now(user, draft=True)
        finally:
            connection.close()

    with locked("reports_run") as lock, ThreadPoolExecutor(2) as pool:
        # one click waits for the table, the other for the first one's lock on the user's row
        release = threading.Thread(target=lambda: (lock.waiting(1), lock.release()))
        release.start()
        clicks = list(pool.map(click, range(2)))
        release.join()
    assert sorted(created for _, created in clicks) == [False, True]
    assert Run.objects.count() == 1


def test_a_second_request_later_is_a_run_of_its_own(at: At) -> None:
    client = signed_in(editor())
    at(NOW)
    ask(client)
    at("2026-08-21T08:12:00Z")
    ask(client)
    assert Run.objects.count() == 2


def test_a_slot_that_the_schedule_took_is_shown_and_not_written_twice(at: At) -> None:
    at(NOW)
    taken = make_run("running")
    response = ask(signed_in(editor()))
    assert response["Location"] == url("reports_run_change", taken.pk)
    assert Run.objects.count() == 1


def test_a_silent_broker_costs_no_request(
    at: At,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    at(NOW)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setitem(app.conf, "broker_write_url", "redis://127.0.0.1:9/1")
    with django_capture_on_commit_callbacks(execute=True):
        assert ask(signed_in(editor())).status_code == 302
    run = Run.objects.get()
    assert run.state == "waiting"
    assert f"bell not rung run={run.pk}" in caplog.text


@pytest.mark.parametrize(
    ("view", "permission"),
    [
        ("reports_run_ask", "reports.add_run"),
        ("reports_run_retry", "reports.change_run"),
        ("reports_run_cancel", "reports.change_run"),
    ],
)
def test_asking_and_trying_again_need_a_post_and_the_permission(view: str, permission: str) -> None:
    run = make_run("failed")
    address = url(view, *([] if view == "reports_run_ask" else [run.pk]))
    permitted = signed_in(staff(permission))
    assert permitted.get(address).status_code == 405
    assert Client().post(address)["Location"].startswith("/admin/login/")
    assert signed_in(staff("reports.view_run", name="reader")).post(address).status_code == 403
    checked = Client(enforce_csrf_checks=True)
    checked.force_login(superuser())
    assert checked.post(address).status_code == 403
    run.refresh_from_db()
    assert (Run.objects.count(), run.state) == (1, "failed")
    assert permitted.post(address).status_code == 302


# Watching


def test_progress_names_each_step_with_its_state(at: At) -> None:
    run = make_run("running")
    finish(run, "prepare_data")
    told_now = progress(signed_in(editor()), run)
    assert [step["state"] for step in told_now["steps"]] == ["done", "now", *COMING]
    assert [step["name"] for step in told_now["steps"]] == list(ORDER)
    assert told_now["steps"][0]["took"] == "1,3\u00a0giây"
    assert (told_now["done"], told_now["finished"], told_now["forgotten"]) == (1, False, False)


def test_progress_of_a_failed_run_names_the_step_and_the_reason() -> None:
    run = make_run("failed", error="WriterError: no writer", attempt=3)
    finish(run, "prepare_data")
    client = signed_in(editor())
    told_now = progress(client, run)
    assert [step["state"] for step in told_now["steps"]] == ["done", "failed", *COMING]
    assert told_now["finished"]
    page = Page(client.get(url("reports_run_change", run.pk)).content)
    assert "WriterError: no writer" in page.one("p", class_="errornote").text
    assert [item for item in page.all("section") if item.get("data-watch")] == []


def test_progress_never_loads_what_the_steps_made() -> None:
    run = make_run("running")
    finish(run, "prepare_data", "write")
    client = signed_in(editor())
    with CaptureQueriesContext(connection) as queries:
        progress(client, run)
        client.get(url("reports_run_change", run.pk))
    read = " ".join(query["sql"] for query in queries)
    assert '"reports_step"."output"' not in read
    assert '"html_content"' not in read


def test_a_run_that_nobody_came_for_is_called_forgotten(settings: Settings) -> None:
    gone = datetime.now(UTC) - timedelta(seconds=settings.RUN_WAITING_SECONDS + 5)
    client = signed_in(editor())
    waiting, living = make_run(heartbeat=gone), make_run("running", slot=SLOT + OLD)
    assert progress(client, waiting)["forgotten"]
    assert not progress(client, living)["forgotten"]
    page = Page(client.get(url("reports_run_change", waiting.pk)).content)
    assert page.one("form", action=url("reports_run_retry", waiting.pk))
    page = Page(client.get(url("reports_run_change", living.pk)).content)
    assert page.all("form", action=url("reports_run_retry", living.pk)) == []


def test_a_finished_run_leads_to_its_report(write: Write) -> None:
    report = write(draft=True)
    page = Page(signed_in(editor()).get(url("reports_run_change", report.run.pk)).content)
    (link,) = page.all("a", href=url("reports_report_change", report.pk))
    assert link.text == report.title
    assert page.one("progress").get("value") == page.one("progress").get("max") == "100"


def test_without_script_a_link_asks_for_the_page_again() -> None:
    run = make_run("running")
    page = Page(signed_in(editor()).get(url("reports_run_change", run.pk)).content)
    (link,) = page.all("a", href=url("reports_run_change", run.pk))
    assert link.text == "Làm mới"


@pytest.mark.parametrize(
    ("user", "answer"), [(None, 302), (staff, 403), (editor, 200), (superuser, 200)]
)
def test_progress_is_for_staff_who_may_see_runs(
    user: Callable[[], User] | None, answer: int
) -> None:
    client = signed_in(user()) if user else Client()
    assert client.get(url("reports_run_progress", make_run().pk)).status_code == answer


# Trying again


def test_a_failed_run_goes_on_where_it_stopped(
    write: Write,
    bells: Callable[[], int],
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    run, _ = request_run(SLOT, Run.Trigger.SCHEDULE)
    pipeline.advance(run.pk)
    frozen = Step.objects.get(run=run)
    Run.objects.update(state="failed", attempt=3, error="no writer", finished_at=SLOT)
    user = editor()
    with django_capture_on_commit_callbacks(execute=True):
        signed_in(user).post(url("reports_run_retry", run.pk))
    run.refresh_from_db()
    assert (run.state, run.attempt, run.error, run.finished_at) == ("waiting", 1, "", None)
    assert bells() == 1
    assert f"retried run={run.pk} user={user.pk}" in caplog.text
    assert pipeline.run_to_end(run.pk).state == "done"
    assert Step.objects.get(run=run, name="prepare_data").finished_at == frozen.finished_at
    assert Report.objects.count() == 1


def test_a_run_whose_texts_were_pruned_starts_over(write: Write) -> None:
    run, _ = request_run(SLOT, Run.Trigger.SCHEDULE)
    pipeline.advance(run.pk)
    Step.objects.update(output={})
    Run.objects.update(state="failed")
    signed_in(editor()).post(url("reports_run_retry", run.pk))
    assert pipeline.run_to_end(run.pk).state == "done"


def test_a_dead_workers_run_is_taken_from_it_for_good(write: Write) -> None:
    run, _ = request_run(SLOT, Run.Trigger.SCHEDULE)
    zombie = pipeline.claim(run.pk)
    assert zombie
    Run.objects.update(heartbeat=datetime.now(UTC) - OLD)
    response = signed_in(editor()).post(url("reports_run_retry", run.pk))
    assert told(response) == ["Đã gọi worker."]
    run.refresh_from_db()
    assert (run.state, run.attempt) == ("waiting", 2)
    with pytest.raises(ClaimLost):
        pipeline.work(zombie)


@pytest.mark.parametrize("state", ["running", "done"])
def test_a_run_at_work_or_done_is_left_alone(state: str) -> None:
    run = make_run(state, owner="host:1:abc")
    response = signed_in(editor()).post(url("reports_run_retry", run.pk))
    assert told(response) == ["Không có gì để thử lại."]
    run.refresh_from_db()
    assert (run.state, run.attempt, run.owner) == (state, 1, "host:1:abc")


@pytest.mark.parametrize("name", ["run", "step"])
def test_runs_and_steps_are_read_and_never_edited(name: str) -> None:
    run = make_run()
    finish(run, "write")
    key = {"run": run.pk, "step": Step.objects.get().pk}[name]
    client = signed_in(superuser())
    assert client.get(url(f"reports_{name}_change", key)).status_code == 200
    assert client.post(url(f"reports_{name}_change", key), {"attempt": 9}).status_code == 403
    assert client.get(url(f"reports_{name}_add")).status_code == 403
    assert client.post(url(f"reports_{name}_delete", key), {"post": "yes"}).status_code == 403


# The schedule


def plan_shown(client: Client) -> tuple[str, list[str]]:
    """What the schedule's page says about the plan in force, and the slots that it lists."""
    response = client.get(url("reports_schedule_changelist"), follow=True)
    page = Page(response.content)
    slots = [item.text for item in page.all("time")]
    return page.one("div", class_="plan").text, slots


@pytest.fixture
def every_three_hours(settings: Settings, at: At) -> None:
    settings.AUTO_REPORT_INTERVAL_HOURS = 3
    settings.AUTO_REPORT_SCHEDULE_TIMES = []
    at(NOW)  # 15:10 in Vietnam


@pytest.mark.usefixtures("every_three_hours")
def test_the_schedules_page_says_that_the_environments_is_in_force_and_what_comes() -> None:
    for user in (superuser(), editor()):
        text, slots = plan_shown(signed_in(user))
        assert "biến môi trường, vì ở đây chưa lưu" in text
        assert slots == [
            "18:00 thứ Sáu, 21/8/2026",
            "21:00 thứ Sáu, 21/8/2026",
            "00:00 thứ Bảy, 22/8/2026",
        ]


@pytest.mark.usefixtures("every_three_hours")
def test_the_saved_schedule_wins_and_is_the_only_one() -> None:
    client = signed_in(superuser())
    add = client.get(url("reports_schedule_changelist"))["Location"]
    assert Page(client.get(add).content).one("input", name="interval_hours").get("value") == "3"
    client.post(add, {"enabled": "on", "interval_hours": "6", "times": "8:30;15:10, 08:30"})
    assert Schedule.objects.get().times == "08:30, 15:10"
    assert current_plan().times == (time(8, 30), time(15, 10))
    text, slots = plan_shown(client)
    assert "lịch lưu tại đây" in text
    assert slots == [
        "08:30 thứ Bảy, 22/8/2026",
        "15:10 thứ Bảy, 22/8/2026",
        "08:30 Chủ nhật, 23/8/2026",
    ]
    again = client.post(add, {"enabled": "on", "interval_hours": "1", "times": ""})
    assert again.status_code == 403
    one = url("reports_schedule_delete", Schedule.ONLY)
    assert client.post(one, {"post": "yes"}).status_code == 403
    assert Schedule.objects.get().interval_hours == 6


@pytest.mark.usefixtures("every_three_hours")
def test_a_schedule_that_is_switched_off_has_no_next_report() -> None:
    client = signed_in(superuser())
    client.post(url("reports_schedule_add"), {"interval_hours": "3", "times": ""})
    text, slots = plan_shown(client)
    assert "lịch đang tắt" in text
    assert slots == []


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("interval_hours", "0"),
        ("interval_hours", "25"),
        ("interval_hours", ""),
        ("times", "25:00"),
        ("times", "noon"),
        ("times", "08:30+07:00, 09:00"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused_with_the_reason(field: str, text: str) -> None:
    sent = {"enabled": "on", "interval_hours": "3", "times": ""} | {field: text}
    response = signed_in(superuser()).post(url("reports_schedule_add"), sent)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    assert not Schedule.objects.exists()


def test_the_schedule_is_changed_by_operators_and_read_by_editors() -> None:
    Schedule.objects.create()
    form = url("reports_schedule_change", Schedule.ONLY)
    sent = {"enabled": "on", "interval_hours": "6", "times": ""}
    assert signed_in(editor()).get(form).status_code == 200
    assert signed_in(editor("hoa")).post(form, sent).status_code == 403
    assert signed_in(staff()).get(url("reports_schedule_changelist")).status_code == 403
    assert signed_in(superuser()).post(form, sent).status_code == 302


# The first page


def desk(client: Client) -> Page:
    return Page(client.get(url("index")).content)


def test_the_first_page_says_what_needs_attention(write: Write, at: At) -> None:
    report = write(draft=True)
    at("2026-08-21T08:20:00Z")
    page = desk(signed_in(editor()))
    review, run, numbers, coming = page.all("section")
    assert report.title in review.text
    assert "xong" in run.text
    assert "10\u00a0phút" in numbers.text
    assert numbers.get("class") == "due"  # the refresh is late
    assert "18:00" in coming.text


def test_the_first_page_names_stale_and_unknown_indices_with_the_reason(
    write: Write, at: At
) -> None:
    at("2026-08-24T03:00:00Z")  # Monday morning, and nothing since Friday
    caches["default"].clear()  # as if Redis had been restarted
    items = [item.text for item in desk(signed_in(editor())).all("li")]
    assert "VN-Index: đã cũ, 2\u00a0ngày trước no current snapshot" in items


def test_the_first_page_holds_without_any_number_or_run() -> None:
    page = desk(signed_in(editor()))
    assert "Chưa có lượt viết nào." in page.text


def test_the_first_page_takes_as_many_queries_for_many_rows_as_for_few(write: Write) -> None:
    client = signed_in(editor())
    counts = []
    for number in range(2):
        report = write(draft=True) if number == 0 else Report.objects.get()
        if number:
            for copy in range(20):
                report.pk, report.slug = None, f"copy-{copy}"
                report.save()
                make_run("done", slot=SLOT + copy * OLD + OLD)
        desk(client)
        with CaptureQueriesContext(connection) as queries:
            desk(client)
        counts.append(len(queries))
    assert counts[0] == counts[1]
