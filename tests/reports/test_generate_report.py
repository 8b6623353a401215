"""`generate_report` as cron runs it: real processes over the vendors' scenarios."""

from __future__ import annotations

import re
import signal
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from pytest_django import Settings

from market.history import backfill
from market.refresh import refresh_indices
from reports import facts
from reports.models import Report, Run, Step
from reports.publishing import labels
from reports.publishing.render import anchor
from reports.writing import pipeline, sweeping
from reports.writing.order import ORDER
from reports.writing.runs import request_run, slot_of
from tests.conftest import ROOT, Manage
from tests.processes import locked, manage_command, outcomes, started, until
from tests.upstreams import Upstreams

HISTORY = ROOT / "tests" / "fixtures" / "history" / "VNINDEX_daily_2015_2023_MIT.csv"
SLOT = "2026-08-21T08:00:00Z"
TAKEN = "The slot 2026-08-21 08:00Z is taken: its run is "


@pytest.fixture
def numbers(environment: dict[str, str]) -> None:
    """The close of 21 August 2026 and a year of day bars, stored."""
    refresh_indices()
    backfill()


def told(stderr: str) -> list[str]:
    """What a command said, without its log."""
    return [line for line in stderr.splitlines() if not re.match(r"[A-Z]+ [a-z]+\.", line)]


# What it is asked for


def test_it_writes_the_report_of_this_minute_and_publishes_it(
    manage: Manage, numbers: None
) -> None:
    done = manage("generate_report", MARKETSITE_CLOCK="=2026-08-21T08:10:41Z")
    assert (done.returncode, told(done.stderr)) == (0, [])
    run, report = Run.objects.get(), Report.objects.published().get()
    assert run.slot == datetime(2026, 8, 21, 8, 10, tzinfo=UTC)
    assert (run.state, run.report, run.trigger) == (Run.State.DONE, report, Run.Trigger.COMMAND)
    assert report.published_at == datetime(2026, 8, 21, 8, 10, 41, tzinfo=UTC)
    assert (report.slug, report.writer) == ("vn-index-2026-08-21-1510", "analyst")
    assert report.edition == Report.Edition.AFTERNOON
    parts = [line.partition(":")[0] for line in done.stdout.splitlines()]
    assert parts[: len(ORDER)] == [f"  {name}" for name in ORDER]
    assert done.stdout.splitlines()[len(ORDER) :] == [
        f"published: {report.title}",
        f"  {report.title_en}",
        f"  /reports/{report.slug}/",
    ]
    assert outcomes(done.stderr, "generate_report") == ["ok"]


def test_a_slot_ahead_of_time_is_refused(manage: Manage, numbers: None) -> None:
    done = manage("generate_report", "--slot", "2026-08-21T11:00:00Z")
    assert done.returncode == 2
    assert "lies in the future" in done.stderr
    assert not Run.objects.exists()


def test_a_draft_waits_in_review(manage: Manage, numbers: None) -> None:
    done = manage("generate_report", "--draft")
    report = Report.objects.get()
    assert f"\nin review: {report.title}\n" in done.stdout
    assert (report.status, report.published_at) == (Report.Status.REVIEW, None)
    assert report.html_content


def test_a_slot_that_is_taken_stays_as_it_is(manage: Manage, numbers: None) -> None:
    assert manage("generate_report", "--slot", SLOT).returncode == 0
    before = Report.objects.values().get()
    again = manage("generate_report", "--slot", "2026-08-21T15:00:59+07:00", "--draft")
    assert (again.returncode, again.stdout) == (3, f"{TAKEN}done.\n")
    assert Report.objects.values().get() == before
    assert Run.objects.get().slot == datetime(2026, 8, 21, 8, 0, tzinfo=UTC)


def test_two_processes_at_the_same_instant_write_one_report(
    environment: dict[str, str], numbers: None, tmp_path: Path
) -> None:
    command = manage_command("generate_report", "--slot", SLOT)
    with ExitStack() as stack:
        lock = stack.enter_context(locked("reports_run", "EXCLUSIVE"))
        pair = [stack.enter_context(started(command, environment, tmp_path / n)) for n in "ab"]
        lock.waiting(2)  # neither has seen a run of the slot, both are about to ask for one
        lock.release()
        assert sorted(process.wait() for process in pair) == [0, 3]
        first, second = sorted((process.out for process in pair), key=lambda out: TAKEN in out)
    report = Report.objects.get()
    assert f"\npublished: {report.title}\n" in first
    assert re.fullmatch(rf"{TAKEN}(waiting|running|done)\.\n", second)
    assert Run.objects.get().report == report


@pytest.mark.parametrize(
    "slot", ["yesterday", "2026-08-21T08:00:00", "2026-08-21", "0001-01-01T00:00:00+07:00"]
)
def test_a_slot_that_is_no_moment_gets_one_clear_line(manage: Manage, slot: str) -> None:
    done = manage("generate_report", "--slot", slot)
    assert (done.returncode, done.stdout) == (2, "")
    assert told(done.stderr) == [f"CommandError: --slot {slot}: write it as 2026-08-21T08:00:00Z"]
    assert outcomes(done.stderr, "generate_report") == ["failed"]
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--slot", SLOT, "--if-due"),
        ("--resume", SLOT, "--if-due"),
        ("--resume", SLOT, "--draft"),
        ("--resume", SLOT),  # which nobody has written
        ("--resume", "nothing"),
        ("--writer", "shakespeare"),
        ("--writer", "gemini"),  # without a key
    ],
)
def test_arguments_that_make_no_sense_have_their_own_exit_code(
    manage: Manage, arguments: tuple[str, ...]
) -> None:
    done = manage("generate_report", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert not Run.objects.exists()


def test_the_help_names_the_exit_codes(manage: Manage) -> None:
    told = " ".join(manage("generate_report", "--help").stdout.split())
    for code in ("0 written, or nothing is due", "1 the run failed", "2 the arg", "3 the slot is"):
        assert code in told


# On schedule


def test_off_schedule_nothing_happens(manage: Manage, numbers: None) -> None:
    done = manage("generate_report", "--if-due", AUTO_REPORT_SCHEDULE_TIMES="15:11")
    assert (done.returncode, done.stdout) == (0, "No report is due.\n")
    assert not Run.objects.exists()


def test_the_due_slot_is_written_once(manage: Manage, numbers: None) -> None:
    schedule = {"AUTO_REPORT_SCHEDULE_TIMES": "15:08", "MARKETSITE_CLOCK": f"={SLOT[:14]}10:30Z"}
    assert "\npublished: " in manage("generate_report", "--if-due", **schedule).stdout
    assert manage("generate_report", "--if-due", **schedule).stdout == "No report is due.\n"
    run = Run.objects.get()
    assert run.slot == datetime(2026, 8, 21, 8, 8, tzinfo=UTC)
    assert run.trigger == Run.Trigger.SCHEDULE
    assert run.report == Report.objects.published().get()


def test_a_disabled_schedule_has_nothing_due(manage: Manage, numbers: None) -> None:
    disabled = {"ENABLE_AUTO_REPORT_SCHEDULER": "false", "AUTO_REPORT_SCHEDULE_TIMES": "15:10"}
    assert manage("generate_report", "--if-due", **disabled).stdout == "No report is due.\n"


def test_with_cron_alone_the_next_call_takes_up_what_a_killed_one_left(
    manage: Manage, numbers: None
) -> None:
    run, _ = request_run(slot_of(datetime.now(UTC)), Run.Trigger.COMMAND)
    assert pipeline.advance(run.pk)
    pipeline.claim(run.pk)
    Run.objects.update(heartbeat=datetime.now(UTC) - timedelta(minutes=1))
    done = manage("generate_report", "--if-due", AUTO_REPORT_SCHEDULE_TIMES="15:11")
    assert done.returncode == 0
    assert "\npublished: " in done.stdout
    assert done.stdout.endswith("\nNo report is due.\n")
    run.refresh_from_db()
    assert (run.state, run.attempt) == (Run.State.DONE, 2)


# Failure


def test_without_numbers_it_fails_and_says_why(manage: Manage) -> None:
    done = manage("generate_report", "--slot", SLOT, RUN_RETRY_SECONDS="0")
    assert (done.returncode, done.stdout) == (1, "")
    reason = "NoNumbers: no index has a known price: not fetched yet"
    assert done.stderr.splitlines()[-1].startswith("CommandError: The run of 2026-08-21 08:00Z")
    assert done.stderr.splitlines()[-1].endswith(reason)
    run = Run.objects.get()
    assert (run.state, run.attempt, run.error) == (Run.State.FAILED, 3, reason)
    assert outcomes(done.stderr, "generate_report") == ["failed"]
    again = manage("generate_report", "--slot", SLOT)
    assert (again.returncode, again.stdout) == (3, f"{TAKEN}failed.\n")


@pytest.mark.parametrize(
    ("table", "mode"), [("market_bar", "ACCESS EXCLUSIVE"), ("reports_step", "EXCLUSIVE")]
)
def test_a_database_that_fails_in_the_middle_costs_an_attempt_and_nothing_else(
    environment: dict[str, str], numbers: None, tmp_path: Path, table: str, mode: str
) -> None:
    command = manage_command("generate_report", "--slot", SLOT)
    environment = environment | {"RUN_RETRY_SECONDS": "0"}
    with ExitStack() as stack:
        lock = stack.enter_context(locked(table, mode))  # while it reads, and while it writes
        process = stack.enter_context(started(command, environment, tmp_path))
        lock.cut()
        until(lambda: Run.objects.filter(attempt=2).exists())
        run = Run.objects.get()
        assert run.error.startswith("OperationalError: ")
        assert not Step.objects.exists()
        lock.release()
        assert process.wait() == 0
    assert Report.objects.published().count() == 1
    assert list(Step.objects.values_list("name", "attempt")) == [(name, 2) for name in ORDER]


# Processes that stop in the middle


@pytest.fixture
def impatient(settings: Settings) -> None:
    """This process takes a run for dead soon after its last sign of life."""
    settings.RUN_STALE_SECONDS = settings.RUN_WAITING_SECONDS = 0.3


def test_a_killed_process_leaves_no_report_and_its_run_resumes_where_it_stopped(
    environment: dict[str, str], numbers: None, impatient: None, tmp_path: Path
) -> None:
    command = manage_command("generate_report", "--slot", SLOT)
    with ExitStack() as stack:
        lock = stack.enter_context(locked("reports_report", "SHARE"))
        process = stack.enter_context(started(command, environment, tmp_path))
        lock.waiting()  # in the middle of `save`
        process.send(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    finished = list(Step.objects.values("name", "output", "attempt", "finished_at"))
    assert list(dict.fromkeys(step["name"] for step in finished)) == list(ORDER[:-1])
    (run_id,) = until(sweeping.sweep)
    assert not Report.objects.exists()
    done = pipeline.run_to_end(run_id)
    assert (done.state, done.attempt, done.report) == (Run.State.DONE, 2, Report.objects.get())
    steps = list(Step.objects.values("name", "output", "attempt", "finished_at"))
    assert steps[:-1] == finished
    assert [(step["name"], step["attempt"]) for step in steps[-1:]] == [("save", 2)]


def test_a_process_that_was_taken_for_dead_cannot_write_when_it_wakes(
    environment: dict[str, str], numbers: None, impatient: None, tmp_path: Path
) -> None:
    command = manage_command("generate_report", "--slot", SLOT)
    with ExitStack() as stack:
        lock = stack.enter_context(locked("market_bar"))
        zombie = stack.enter_context(started(command, environment, tmp_path))
        lock.waiting()  # in the middle of `prepare_data`
        zombie.send(signal.SIGSTOP)
        lock.release()
        (run_id,) = until(sweeping.sweep)
        done = pipeline.run_to_end(run_id)
        steps = list(Step.objects.values())
        zombie.send(signal.SIGCONT)
        assert zombie.wait() == 0
        assert f"claim lost run={run_id} attempt=1" in zombie.err
        assert f"published: {Report.objects.get().title}" in zombie.out
    assert (done.state, done.attempt) == (Run.State.DONE, 2)
    assert list(Step.objects.values()) == steps
    assert {step["attempt"] for step in steps} == {2}
    after = Run.objects.get()
    assert (after.heartbeat, after.error, after.report) == (done.heartbeat, "", done.report)


# What the report says

FIGURE = re.compile(r'href="#(n-[^"]+)"[^>]*><data value="([^"]+)">([^<]+)</data>')
CHART = re.compile(r'<figure class="chart">.*?</figure>', re.DOTALL)
SHORT = ["what-happened", "indices", "calendar", "numbers"]


def text_of(html: str) -> str:
    """What a reader sees, in single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def sections(html: str) -> list[str]:
    return re.findall(r'<section id="([^"]+)"', html)


def written(manage: Manage, **variables: str) -> Report:
    done = manage("generate_report", "--slot", SLOT, **variables)
    assert done.returncode == 0, done.stderr
    return Report.objects.published().get()


def test_with_a_year_of_bars_the_report_has_trend_levels_scenarios_and_charts(
    manage: Manage, numbers: None
) -> None:
    report = written(manage)
    for html in (report.html_content, report.html_content_en):
        assert sections(html) == [*SHORT[:2], "trend", "scenarios", *SHORT[2:]]
        history, moves = CHART.findall(html)
        assert "<svg" in history
        assert "<svg" in moves
    vietnamese, english = text_of(report.html_content), text_of(report.html_content_en)
    assert report.title.startswith("VN-Index tăng")
    assert "1.768,12" in report.title
    assert report.title_en.startswith("VN-Index")
    assert "1,768.12" in report.title_en
    for word in ("RSI 14 phiên", "đỉnh 52 tuần", "Kháng cự gần nhất", "Hỗ trợ gần nhất"):
        assert word in vietnamese
    for word in ("RSI", "52-week high"):
        assert word in english
    assert (report.simulated, report.sources) == (False, ["vietcap", "vndirect"])


def test_both_languages_name_each_number_from_the_same_fact(manage: Manage, numbers: None) -> None:
    report = written(manage)
    sheet = facts.from_json(report.facts)
    values = {anchor(key): labels.raw(fact.value) for key, fact in sheet.facts.items()}
    shown = {
        language: {name: text for name, raw, text in FIGURE.findall(html) if values[name] == raw}
        for language, html in (("vi", report.html_content), ("en", report.html_content_en))
    }
    for html, figures in zip(
        (report.html_content, report.html_content_en), shown.values(), strict=True
    ):
        assert len({name for name, _, _ in FIGURE.findall(html)}) == len(figures) > 20
    assert shown["vi"]["n-vnindex-close"] == "1.768,12"
    assert shown["en"]["n-vnindex-close"] == "1,768.12"
    assert report.verification["figures"] == report.verification["matched"] > 0


def test_with_a_history_that_ends_in_2023_there_is_no_trend_and_the_report_says_why(
    manage: Manage, upstreams: Upstreams
) -> None:
    upstreams.scenario = "eod"
    assert manage("refresh_indices").returncode == 0
    loaded = manage("backfill_bars", "--index", "VNINDEX", "--csv", str(HISTORY))
    assert "VNINDEX: 2153 bars" in loaded.stdout
    report = written(manage)
    for html in (report.html_content, report.html_content_en):
        assert sections(html) == SHORT
        assert len(CHART.findall(html)) == 1  # the day's moves need no history
    assert "1.768,12" in report.title
    assert "No trend section: the day bars of VN-Index end on 17 August 2023" in text_of(
        report.html_content_en
    )
    assert "17/8/2023" in text_of(report.html_content)
    sheet = facts.from_json(report.facts)
    assert not [key for key in sheet.facts if re.search("sma|rsi|_52w|support|p_above", key)]


def test_simulated_numbers_are_marked_in_both_languages(
    manage: Manage, upstreams: Upstreams
) -> None:
    upstreams.scenario = "down"
    demo = {"MARKET_DEMO": "auto"}
    manage("refresh_indices", **demo)
    manage("backfill_bars", **demo)
    report = written(manage, **demo)
    assert (report.simulated, report.sources) == (True, ["demo"])
    assert report.title.startswith("Mô phỏng: ")
    assert report.title_en.startswith("Simulated: ")
    assert "số liệu mô phỏng" in text_of(report.html_content)
    assert "These numbers are simulated" in text_of(report.html_content_en)
    assert "trend" in sections(report.html_content)
