"""`refresh_indices` and `backfill_bars` as cron runs them: exit code, table, and why not."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
import redis
from django.core.management import CommandError, call_command
from pytest_django import Settings

from market.models import Bar, Index, Quote
from tests.conftest import Manage
from tests.market.conftest import MakeBar, MakeQuote
from tests.upstreams import Reply, Upstreams
from tests.upstreams.replies import load

HISTORY = "tests/fixtures/history/VNINDEX_daily_2015_2023_MIT.csv"
NOWHERE = dict.fromkeys(("VIETCAP_BASE_URL", "VNDIRECT_BASE_URL"), "http://127.0.0.1:9")
HEADER = ["index", "price", "change", "percent", "source", "as of", "age", "state", "agreement"]
NO_BARS: dict[str, list[object]] = {name: [] for name in "tohlcv"}
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
    close = ("2026-08-21T08:06:06Z", "3 minutes")  # UPCoM trades on when Vietcap stops
    assert table(done.stdout) == [
        HEADER,
        ["VNINDEX", "1,768.12", "+33.88", "+1.95%", "vietcap", as_of, age, "fresh", "single"],
        ["VN30", "1,927.79", "+40.73", "+2.16%", "vietcap", as_of, age, "fresh", "single"],
        ["HNXINDEX", "284.07", "+5.52", "+1.98%", "vietcap", as_of, age, "fresh", "single"],
        ["HNX30", "612.35", "+13.55", "+2.26%", "vietcap", as_of, age, "fresh", "single"],
        ["UPCOMINDEX", "128.18", "+0.63", "+0.49%", "vndirect", *close, "fresh", "single"],
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
    assert (row[1], row[6:]) == ("1,768.12", ["2 days", "stale, kept", "single"])
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
    assert table(out)[1] == ["vnindex", "-", "-", "-", "-", "-", "-", "unknown", "-"]
    assert err.splitlines() == [
        "vietcap: answered with status 503",
        "vndirect: answered with status 503",
        "No source gave a usable quote: nothing is known yet.",
    ]


@pytest.mark.django_db
def test_each_index_is_printed_with_what_a_second_source_says(
    upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_CONFIRM_SOURCES = ["vndirect"]
    answer = load("vndirect/vnmarket_prices_ok.json")
    answer["data"][-1] |= {"close": 1780.0, "change": 45.76}
    upstreams.script("vndirect.quotes", Reply(body=answer))
    _, out, _ = run("refresh_indices")
    told = {row[0]: row[8] for row in table(out)}
    assert {told[code] for code in ("VN30", "HNXINDEX", "HNX30")} == {"confirmed by vndirect"}
    assert told["VNINDEX"] == "disputed: vndirect 1,780.00"
    assert told["UPCOMINDEX"] == "single"


@pytest.mark.django_db
def test_a_gap_that_the_next_source_filled_is_told_and_is_no_failure(upstreams: Upstreams) -> None:
    upstreams.scenario = "partial"
    code, out, err = run("refresh_indices")
    assert (code, err.splitlines()) == (0, ["vietcap HNX30: not in the answer"])
    assert [row[4] for row in table(out)[1:]] == [*["vietcap"] * 3, "vndirect", "vndirect"]


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
    for told in ("2153 bars", "nothing new"):
        done = manage("backfill_bars", "--index", "VNINDEX", "--csv", HISTORY)
        assert done.returncode == 0
        lines = done.stdout.splitlines()
        assert "line 1497: 2020-12-25 stands twice, the later row is kept" in lines
        assert lines[-1] == f"VNINDEX: {told}"
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
def test_a_file_with_a_kept_disagreement_or_a_refused_row_ends_with_3(
    upstreams: Upstreams, make_bar: MakeBar, tmp_path: Path
) -> None:
    make_bar("2026-08-19", "1700")
    path = tmp_path / "bars.csv"
    arguments = ("backfill_bars", "--index", "VNINDEX", "--csv", str(path))
    head, wednesday = "Time,Close,Open,High,Low,Volume", "2026-08-19,1650,1650,1650,1650,5"
    path.write_text(f"{head}\n{wednesday}\n")
    told = "VNINDEX 2026-08-19: 1700 from vietcap is stored, csv says 1650: the stored one is kept"
    assert run(*arguments) == (3, f"VNINDEX: nothing new\n{told}\n", "")
    path.write_text(f"{head}\n2026-08-14,1690,1690,1690,1690,5\n2026-08-15,1690,1690,1690,1690,5\n")
    code, out, err = run(*arguments)
    assert (code, out) == (3, "VNINDEX: 1 bar\n")
    assert err == "line 3: 2026-08-15 is a Saturday, refused\n"


@pytest.mark.django_db
def test_gaps_in_a_file_and_its_holidays_are_told_as_of_a_source(
    upstreams: Upstreams, tmp_path: Path
) -> None:
    days = ("2026-04-27", "2026-05-05", "2026-05-06")  # a holiday, and two days after a gap
    path = tmp_path / "bars.csv"
    rows = [f"{day},1700,1700,1700,1700,5" for day in days]
    path.write_text("\n".join(["Time,Close,Open,High,Low,Volume", *rows]))
    code, out, _ = run("backfill_bars", "--index", "VNINDEX", "--csv", str(path), "--dry-run")
    assert (code, out.splitlines()) == (
        0,
        [
            "VNINDEX: would store 3 bars",
            "VNINDEX: no bar of 3 trading days: 2026-04-28, 2026-04-29, 2026-05-04",
            "VNINDEX: bars of days that count as closed: 2026-04-27",
        ],
    )


def test_ctrl_c_says_in_one_line_how_far_it_came_and_the_next_run_goes_on(
    environment: dict[str, str], upstreams: Upstreams, manage: Manage
) -> None:
    upstreams.script("vietcap.bars", Reply(), Reply(), Reply(delay=60))
    arguments = [sys.executable, "-u", "manage.py", "backfill_bars", "--count", "3"]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, env=environment, stdout=pipe, stderr=pipe, text=True) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline(), child.stdout.readline()]
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
    assert (child.returncode, lines) == (130, ["VNINDEX: 3 bars\n", "VN30: 3 bars\n"])
    (line,) = (line for line in err.splitlines() if "Memory cleanup" not in line)
    assert line == "2 of 5 indices done; run again to go on"
    upstreams.reset()
    again = manage("backfill_bars", "--count", "3")
    assert again.stdout.splitlines()[:3] == [
        "VNINDEX: nothing missing",
        "VN30: nothing missing",
        "HNXINDEX: 3 bars",
    ]


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
    code, out, err = run("backfill_bars")
    assert (code, err) == (1, "vietcap: refused with status 403\n")
    assert out.splitlines() == [f"{index.code}: 0 bars" for index in Index.objects.all()]


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
    assert (code, out) == (0, "VN30: 0 bars\nVN30: 2 simulated bars\n")
    assert err == "vietcap: answered with status 503\n"


@pytest.mark.django_db
def test_a_second_run_says_that_nothing_is_missing(upstreams: Upstreams) -> None:
    run("backfill_bars", "--index", "VN30", "--count", "3")
    assert run("backfill_bars", "--index", "VN30", "--count", "3") == (
        0,
        "VN30: nothing missing\n",
        "",
    )


@pytest.mark.django_db
def test_a_dry_run_says_what_it_would_do(upstreams: Upstreams) -> None:
    code, out, err = run("backfill_bars", "--index", "VN30", "--from", "2026-08-19", "--dry-run")
    assert (code, out, err) == (0, "VN30: would store 3 bars\n", "")
    assert not Bar.objects.exists()


@pytest.mark.django_db
def test_quietly_only_what_failed_is_told(upstreams: Upstreams) -> None:
    assert run("backfill_bars", "--count", "3", "--verbosity", "0") == (0, "", "")
    upstreams.scenario = "down"
    code, out, err = run("backfill_bars", "--count", "4", "--verbosity", "0")
    assert (code, out, err) == (1, "", "vietcap: answered with status 503\n")


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.django_db
def test_on_a_terminal_a_bar_moves_and_the_lines_come_at_the_end(upstreams: Upstreams) -> None:
    out, err = StringIO(), Terminal()
    call_command("backfill_bars", "--count", "2", "--no-color", stdout=out, stderr=err)
    steps = [step.split() for step in err.getvalue().strip("\r\n").split("\r")]
    assert [step[1:] for step in steps] == [
        [f"{position}/5", index.code] for position, index in enumerate(Index.objects.all(), 1)
    ]
    assert steps[0][0] == "[####....................]"
    assert steps[-1][0] == f"[{'#' * 24}]"
    assert out.getvalue().splitlines() == [f"{index.code}: 2 bars" for index in Index.objects.all()]


@pytest.mark.django_db
def test_gaps_and_bars_of_closed_days_are_listed(upstreams: Upstreams) -> None:
    run("backfill_bars", "--index", "VN30", "--count", "30")
    bars = Bar.objects.filter(index__code="VN30")
    bars.filter(day__gt="2026-07-23", day__lt="2026-08-14").delete()
    bars.filter(day="2026-08-20").update(day="2026-08-22")
    upstreams.always("vietcap.bars", Reply(body=[{**NO_BARS, "symbol": "VN30"}]))
    code, out, _ = run("backfill_bars", "--index", "VN30", "--from", "2026-07-20")
    assert (code, out.splitlines()) == (
        0,
        [
            "VN30: 0 bars",
            "VN30: no bar of 16 trading days: 2026-07-24, 2026-07-27, 2026-07-28, 2026-07-29,"
            " 2026-07-30, 2026-07-31, 2026-08-03, 2026-08-04, 2026-08-05, 2026-08-06, 2026-08-07,"
            " 2026-08-10 and 4 more",
        ],
    )
    bars.filter(day="2026-08-21").update(day="2026-07-25")
    _, out, _ = run("backfill_bars", "--index", "VN30", "--from", "2026-07-20")
    assert out.splitlines()[-1] == "VN30: bars of days that count as closed: 2026-07-25"


@pytest.mark.django_db
def test_closes_that_differ_are_listed_and_have_an_exit_code_of_their_own(
    upstreams: Upstreams, make_bar: MakeBar
) -> None:
    make_bar("2026-08-20", "1600.5", source="csv")
    arguments = ("backfill_bars", "--index", "VNINDEX", "--count", "3")
    told = "VNINDEX 2026-08-20: 1600.5 from csv is stored, vietcap says 1734.24: "
    assert run(*arguments) == (3, f"VNINDEX: 2 bars\n{told}the stored one is kept\n", "")
    code, out, _ = run(*arguments, "--all", "--replace", "--dry-run")
    assert (code, out) == (3, f"VNINDEX: would store 1 bar\n{told}nothing changed\n")
    assert run(*arguments, "--all", "--replace")[:2] == (
        0,
        f"VNINDEX: 1 bar\n{told}replaced\n",
    )


@pytest.mark.django_db
def test_a_check_against_another_source_stores_nothing(
    upstreams: Upstreams, make_bar: MakeBar
) -> None:
    arguments = ("backfill_bars", "--index", "VNINDEX", "--check", "kbs")
    make_bar("2026-08-20", "1734.24")
    assert run(*arguments) == (0, "VNINDEX: 1 bar compared with kbs\n", "")
    Bar.objects.update(close="1600")
    assert run(*arguments)[:2] == (
        3,
        "VNINDEX: 1 bar compared with kbs\nVNINDEX 2026-08-20: 1600 from vietcap is stored,"
        " kbs says 1734.24: nothing changed\n",
    )
    upstreams.always("kbs.days", Reply(status=503))
    assert run(*arguments)[0] == 1
    assert Bar.objects.count() == 1


# close_day


@pytest.mark.django_db
def test_the_closed_day_is_told_and_a_second_time_nothing_is_left(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    at("2026-08-21T08:20:00Z")
    code, out, err = run("close_day")
    assert (code, err) == (0, "")
    assert out.splitlines() == [f"{index.code}: 260 bars" for index in Index.objects.all()]
    assert run("close_day") == (0, "", "")


@pytest.mark.django_db
def test_a_day_that_stays_open_is_told_and_fails(
    upstreams: Upstreams, at: Callable[[str], None], make_quote: MakeQuote
) -> None:
    at("2026-08-21T08:20:00Z")
    upstreams.scenario = "down"
    for code in ("VNINDEX", "VN30", "HNXINDEX", "HNX30"):
        make_quote(code, open=1735, high=1770, low=1730)
    code, out, err = run("close_day")
    assert (code, out.splitlines()) == (
        1,
        [
            f"{code}: closed from quotes: 2026-08-21"
            for code in ("VNINDEX", "VN30", "HNXINDEX", "HNX30")
        ],
    )
    assert err.splitlines() == [
        "vietcap: answered with status 503",
        "no bar of 2026-08-21: UPCOMINDEX",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--index", "NOBODY"], "unknown index NOBODY (known: VNINDEX, VN30, HNXINDEX, HNX30, "),
        (["--csv", HISTORY], "--csv needs --index: the file holds one index"),
        (["--count", "0"], "--count must be at least 1"),
        (["--from", "21/08/2026"], "21/08/2026 is not a date such as 2026-08-21"),
        (["--from", "9999-01-01"], "--from must not lie in the future"),
        (["--from", "2026-08-03", "--count", "5"], "--from and --count exclude each other"),
        (["--check", "kbs", "--dry-run"], "--check and --dry-run exclude each other"),
        (["--csv", HISTORY, "--all"], "--csv and --all exclude each other"),
        (["--check", "nobody"], "invalid choice: 'nobody' (choose from"),
        (["--index", "VN30", "--csv", HISTORY], "line 2: symbol is VNINDEX, not VN30"),
        (["--index", "VNINDEX", "--csv", "/none.csv"], "/none.csv: cannot be read: No such file"),
    ],
)
def test_a_wrong_call_gives_one_clear_line(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError) as caught:
        run("backfill_bars", *arguments)
    assert message in str(caught.value)
    assert not Bar.objects.exists()
