"""`prepare_site`: all that a new site needs, once, and whatever the sources do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from pytest_django import Settings

from market.models import Bar, Overview, Quote
from reports.models import Report, Run
from reports.writing import pipeline
from tests.conftest import Manage
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.usefixtures("committed")

ADMIN = re.compile(r"^Administrator: admin, password: (.+)$", re.MULTILINE)


def admin_can_use(password: str) -> bool:
    return bool(get_user_model().objects.get(username="admin").check_password(password))


def test_a_new_site_gets_an_administrator_numbers_and_a_report(manage: Manage) -> None:
    done = manage("prepare_site")
    assert done.returncode == 0, done.stderr
    (shown,) = ADMIN.findall(done.stdout)
    password = shown.removesuffix(" (shown only now)")
    assert len(password) >= 16
    assert admin_can_use(password)
    assert password not in done.stderr
    assert Quote.objects.real().count() == 5
    assert Overview.objects.get().simulated is False
    assert Bar.objects.filter(simulated=False).values("index").distinct().count() == 5
    report = Report.objects.get()
    assert report.status == Report.Status.PUBLISHED
    assert f"First report: {report.title}" in done.stdout


def test_a_second_time_changes_nothing_and_asks_nobody(
    manage: Manage, upstreams: Upstreams
) -> None:
    manage("prepare_site")
    upstreams.reset()
    before = [
        list(model.objects.values_list("pk")) for model in (Quote, Overview, Bar, Report, Run)
    ]
    done = manage("prepare_site", ADMIN_PASSWORD="another long one")
    assert (done.returncode, done.stdout) == (0, "")
    assert upstreams.calls == []
    assert not admin_can_use("another one")
    assert before == [
        list(model.objects.values_list("pk")) for model in (Quote, Overview, Bar, Report, Run)
    ]


def test_what_an_interrupted_start_left_out_is_made_up_for(manage: Manage) -> None:
    manage("prepare_site")
    quotes = set(Quote.objects.values_list("pk", flat=True))
    Run.objects.update(report=None)
    Report.objects.all().delete()
    Run.objects.all().delete()
    Bar.objects.all().delete()
    done = manage("prepare_site")
    assert done.returncode == 0
    assert set(Quote.objects.values_list("pk", flat=True)) == quotes
    assert Bar.objects.exists()
    assert Report.objects.count() == 1


@pytest.mark.parametrize("by_file", [False, True])
def test_the_password_may_be_given(manage: Manage, tmp_path: Path, by_file: bool) -> None:
    (tmp_path / "password").write_text("correct horse battery\n")
    given = (
        {"ADMIN_PASSWORD_FILE": str(tmp_path / "password")}
        if by_file
        else {"ADMIN_PASSWORD": "correct horse battery"}
    )
    done = manage("prepare_site", **given)
    assert ADMIN.findall(done.stdout) == ["the one in ADMIN_PASSWORD"]
    assert "correct horse battery" not in done.stdout + done.stderr
    assert admin_can_use("correct horse battery")


def test_a_guessable_password_is_refused_in_one_line(manage: Manage) -> None:
    done = manage("prepare_site", ADMIN_PASSWORD="zqxwv")
    assert done.returncode == 1
    assert "marketsite: ADMIN_PASSWORD: This password is too short" in done.stderr
    assert "Traceback" not in done.stderr
    assert not get_user_model().objects.exists()


def test_an_ordinary_account_named_admin_is_not_raised_to_administrator(manage: Manage) -> None:
    get_user_model().objects.create_user("admin", password="of a reader")
    done = manage("prepare_site")
    assert done.returncode == 0
    assert "`manage.py createsuperuser` makes one" in done.stdout
    assert not get_user_model().objects.filter(is_superuser=True).exists()
    assert admin_can_use("of a reader")


@pytest.mark.parametrize(("demo", "quotes"), [("auto", 5), ("never", 0)])
def test_without_a_source_it_ends_well(
    manage: Manage, upstreams: Upstreams, demo: str, quotes: int
) -> None:
    upstreams.scenario = "down"
    done = manage("prepare_site", MARKET_DEMO=demo)
    assert done.returncode == 0, done.stderr
    assert Quote.objects.filter(simulated=True).count() == Quote.objects.count() == quotes
    assert Report.objects.count() == (1 if quotes else 0)
    told = "simulated numbers, marked as such" if quotes else "No numbers yet, so no report"
    assert told in " ".join(done.stdout.split())


def test_bars_of_a_silent_source_do_not_keep_the_report_back(
    manage: Manage, upstreams: Upstreams
) -> None:
    upstreams.always("vietcap.bars", Reply(status=503))
    done = manage("prepare_site", MARKET_DEMO="auto")
    assert done.returncode == 0, done.stderr
    assert Quote.objects.real().count() == 5
    assert not Bar.objects.exists()
    assert Report.objects.count() == 1


def test_a_report_that_fails_does_not_keep_the_site_from_starting(
    upstreams: Upstreams,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its run tells why, and an editor can try again."""

    def fail(*_: object) -> None:
        raise ValueError("the writer has no words")

    monkeypatch.setitem(pipeline.STEPS, "write", fail)
    settings.MAX_REPORT_ATTEMPTS, settings.RUN_RETRY_SECONDS = 1, 0
    call_command("prepare_site")
    assert "The first report failed: ValueError: the writer has no words" in capsys.readouterr().err
    assert Run.objects.get().state == Run.State.FAILED
    assert Quote.objects.real().count() == 5
