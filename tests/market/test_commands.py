"""`refresh_indices` and `backfill_bars` as cron runs them: exit code, table, and why not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
import redis
from django.core.management import CommandError, call_command
from pytest_django import Settings

from market.models import Bar, Index, Quote
from tests.conftest import Manage
from tests.upstreams import Reply, Upstreams

HISTORY = "tests/fixtures/history/VNINDEX_daily_2015_2023_MIT.csv"
NOWHERE = dict.fromkeys(("VIETCAP_BASE_URL", "VNDIRECT_BASE_URL"), "http://127.0.0.1:9")
HEADER = ["index", "price", "change", "percent", "source", "as of", "age", "state"]
MONDAY = "=2026-08-24T03:00:00Z"


def table(text: str) -> list[list[str]]:
    """The cells of an aligned table, row by row."""
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]


def run(*arguments: str) -> tuple[int, str, str]:
    """A command in this process: exit code, output, and what it told on standard error."""
    out, err = StringIO(), StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=err)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


# refresh_indices


def test_the_replayed_close_is_stored_and_printed(
    manage: Manage, redis_client: redis.Redis
) -> None:
    done = manage("refresh_indices")
    assert done.returncode == 0
    as_of, age = "2026-08-21T07:45:59.999Z", "24 minutes"
    assert table(done.stdout) == [
        HEADER,
        ["VNINDEX", "1,768.12", "+33.88", "+1.95%", "vietcap", as_of, age, "fresh"],
        ["VN30", "1,927.79", "+40.73", "+2.16%", "vietcap", as_of, age, "fresh"],
        ["HNXINDEX", "284.07", "+5.52", "+1.98%", "vietcap", as_of, age, "fresh"],
        ["HNX30", "612.35", "+13.55", "+2.26%", "vietcap", as_of, age, "fresh"],
        ["UPCOMINDEX", "128.18", "+0.63", "+0.49%", "vietcap", as_of, age, "stale"],
    ]
    assert Quote.objects.count() == 5
    value = json.loads(redis_client.get("market_indices") or "")["indices"]["vnindex"]["value"]
    assert (value["close"], value["previous_close"], value["change"]) == (1768.12, 1734.24, 33.88)


def test_with_every_source_down_it_says_why_and_the_last_good_numbers_stay(
    manage: Manage, redis_client: redis.Redis
) -> None:
    manage("refresh_indices")
    done = manage("refresh_indices", MARKETSITE_CLOCK=MONDAY, **NOWHERE)
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert "vietcap: connection failed" in told
    assert "vndirect: connection failed" in told
    assert "No source gave a usable quote: the last good ones stay." in told
    (row,) = (row for row in table(done.stdout) if row[0] == "VNINDEX")
    assert (row[1], row[6:]) == ("1,768.12", ["2 days", "stale, kept"])
    for key in ("market_indices", "market_indices:last"):
        entry = json.loads(redis_client.get(key) or "")["indices"]["vnindex"]
        assert (entry["value"]["close"], entry["value"]["stale"]) == (1768.12, True)
        assert entry["error"] == "vietcap: connection failed; vndirect: connection failed"


def test_with_redis_down_the_numbers_are_stored_and_the_failure_is_told(manage: Manage) -> None:
    done = manage("refresh_indices", REDIS_URL="redis://127.0.0.1:9/0")
    assert done.returncode == 1
    assert "redis: snapshot not written (ConnectionError)" in done.stderr.splitlines()
    assert Quote.objects.count() == 5


@pytest.mark.django_db
def test_with_nothing_known_there_is_no_figure_and_no_zero(upstreams: Upstreams) -> None:
    upstreams.scenario = "down"
    code, out, err = run("refresh_indices")
    assert code == 1
    assert table(out)[1] == ["vnindex", "-", "-", "-", "-", "-", "-", "unknown"]
    assert err.splitlines() == [
        "vietcap: answered with status 503",
        "vndirect: answered with status 503",
        "No source gave a usable quote: nothing is known yet.",
    ]


@pytest.mark.django_db
def test_a_gap_that_the_next_source_filled_is_told_and_is_no_failure(upstreams: Upstreams) -> None:
    upstreams.scenario = "partial"
    code, out, err = run("refresh_indices")
    assert (code, err.splitlines()) == (0, ["vietcap HNX30: not in the answer"])
    assert [row[4] for row in table(out)[1:]] == [*["vietcap"] * 3, "vndirect", "vietcap"]


@pytest.mark.django_db
def test_simulated_numbers_are_told_and_no_success(
    upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_DEMO = "auto"
    upstreams.scenario = "down"
    code, out, err = run("refresh_indices")
    assert (code, table(out)[1][4]) == (1, "demo")
    assert err.splitlines()[-1] == (
        "No source gave a usable quote: these numbers are simulated (MARKET_DEMO=auto)."
    )


# backfill_bars


def test_a_csv_file_is_loaded_and_twice_doubles_nothing(manage: Manage) -> None:
    for _ in range(2):
        done = manage("backfill_bars", "--index", "VNINDEX", "--csv", HISTORY)
        assert done.returncode == 0
        lines = done.stdout.splitlines()
        assert "line 1497: 2020-12-25 stands twice, the later row is kept" in lines
        assert lines[-1] == "VNINDEX: 2153 bars"
        assert Bar.objects.filter(index__code="VNINDEX").count() == 2153


def test_a_bad_csv_file_gives_one_line_and_stores_nothing(manage: Manage, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("Time,Close,Open,High,Low,Volume\n2023-08-17,1,1,1,1,5\n2023-08-18,x,1,1,1,5\n")
    done = manage("backfill_bars", "--index", "VNINDEX", "--csv", str(path))
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = (line for line in done.stderr.splitlines() if "Memory cleanup" not in line)
    assert line == (
        f"CommandError: {path}: line 3: a price, the volume or the time is not readable"
    )
    assert not Bar.objects.exists()


@pytest.mark.django_db
def test_the_sources_fill_a_year_and_each_index_has_its_line(upstreams: Upstreams) -> None:
    code, out, err = run("backfill_bars")
    assert (code, err) == (0, "")
    assert out.splitlines() == [f"{index.code}: 260 bars" for index in Index.objects.all()]


@pytest.mark.django_db
def test_count_and_index_are_passed_on(upstreams: Upstreams) -> None:
    assert run("backfill_bars", "--index", "vn30", "--count", "3") == (0, "VN30: 3 bars\n", "")


@pytest.mark.django_db
def test_a_source_that_gives_no_bars_is_told_and_fails(upstreams: Upstreams) -> None:
    upstreams.always("vietcap.bars", Reply(fixture="vietcap/error_403_waf_html.json"))
    assert run("backfill_bars") == (1, "", "vietcap: refused with status 403\n")


@pytest.mark.django_db
def test_when_the_only_bar_is_of_a_day_that_trades_nothing_is_stored(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    upstreams.scenario = "eod"  # three bars, from the 19th on
    at("2026-08-19T03:00:00Z")
    code, out, _ = run("backfill_bars", "--index", "VNINDEX")
    assert (code, out) == (1, "VNINDEX: 0 bars\n")
    assert not Bar.objects.exists()


@pytest.mark.django_db
def test_simulated_bars_are_told(upstreams: Upstreams, settings: Settings) -> None:
    settings.MARKET_DEMO = "auto"
    upstreams.scenario = "down"
    code, out, err = run("backfill_bars", "--count", "2", "--index", "VN30")
    assert (code, out) == (0, "VN30: 2 simulated bars\n")
    assert err == "vietcap: answered with status 503\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--index", "NOBODY"], "unknown index NOBODY (known: VNINDEX, VN30, HNXINDEX, HNX30, "),
        (["--csv", HISTORY], "--csv needs --index: the file holds one index"),
        (["--count", "0"], "--count must be at least 1"),
        (["--index", "VN30", "--csv", HISTORY], "line 2: symbol is VNINDEX, not VN30"),
        (["--index", "VNINDEX", "--csv", "/none.csv"], "/none.csv: cannot be read: No such file"),
    ],
)
def test_a_wrong_call_gives_one_clear_line(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError) as caught:
        run("backfill_bars", *arguments)
    assert message in str(caught.value)
    assert not Bar.objects.exists()
