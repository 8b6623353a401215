"""The site's clock, moved from outside: in this process and in others."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from marketsite import clock
from tests.conftest import ROOT

SLOT = "2026-08-21T08:05:00Z"
MOMENT = datetime(2026, 8, 21, 8, 5, tzinfo=UTC)
REAL = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(clock.VARIABLE, raising=False)
    monkeypatch.setattr(clock, "_last_read", {})
    clock._origin.cache_clear()


@pytest.mark.parametrize("value", ["", "  "])
def test_without_a_shift_it_is_the_real_time_in_utc(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv(clock.VARIABLE, value)
    with time_machine.travel(REAL, tick=False):
        assert clock.now() == REAL
        assert clock.now().tzinfo is UTC


def test_a_moment_starts_there_and_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.VARIABLE, SLOT)
    with time_machine.travel(REAL, tick=False) as traveller:
        assert clock.now() == MOMENT
        traveller.shift(90)
        assert clock.now() == MOMENT + timedelta(seconds=90)


def test_an_equals_sign_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.VARIABLE, f"={SLOT}")
    with time_machine.travel(REAL, tick=False) as traveller:
        assert clock.now() == MOMENT
        traveller.shift(90)
        assert clock.now() == MOMENT


def test_a_file_moves_it_while_the_process_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "clock"
    monkeypatch.setenv(clock.VARIABLE, f"@{file}")
    file.write_text(f"={SLOT}\n")
    assert clock.now() == MOMENT
    file.write_text("2026-08-22T01:00:00Z")
    with time_machine.travel(REAL, tick=False) as traveller:
        assert clock.now() == datetime(2026, 8, 22, 1, tzinfo=UTC)
        traveller.shift(30)
        assert clock.now() == datetime(2026, 8, 22, 1, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("half_way", ["", "=2026-08-", "=2026-08-21T08:0", None])
def test_a_file_that_is_just_being_written_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, half_way: str | None
) -> None:
    file = tmp_path / "clock"
    monkeypatch.setenv(clock.VARIABLE, f"@{file}")
    file.write_text(f"={SLOT}")
    assert clock.now() == MOMENT
    file.unlink()
    if half_way is not None:
        file.write_text(half_way)
    assert clock.now() == MOMENT


@pytest.mark.parametrize("content", [None, "", "soon", "=", "2026-08-21T08:05:00", "=ngày mai"])
def test_a_file_that_never_held_a_moment_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "clock"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    monkeypatch.setenv(clock.VARIABLE, f"@{file}")
    with pytest.raises(ValueError, match="holds no moment"):
        clock.now()


@pytest.mark.parametrize(
    "text", ["tomorrow", "2026-13-01T00:00:00Z", "2026-08-21T08:05:00", "=2026-08-21", "="]
)
def test_what_is_no_moment_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(clock.VARIABLE, text)
    with pytest.raises(ValueError, match=r".+"):
        clock.now()


def test_any_offset_is_read_and_none_is_guessed() -> None:
    assert clock.parse(" 2026-08-21T15:05:00+07:00 ") == MOMENT
    assert clock.parse("2026-08-21T15:05:00+07:00").tzinfo is UTC
    with pytest.raises(ValueError, match="needs its offset"):
        clock.parse("2026-08-21T08:05:00")


def test_a_running_process_follows_the_file(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text(f"={SLOT}")
    loop = "from marketsite import clock\nwhile input(): print(clock.now().isoformat(), flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", loop],
        cwd=ROOT,
        env={"PATH": os.defpath, clock.VARIABLE: f"@{file}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        shown = []
        for moment in (SLOT, "2026-08-22T01:00:00Z"):
            file.write_text(f"={moment}")
            process.stdin.write("what time is it?\n")
            process.stdin.flush()
            shown.append(process.stdout.readline().strip())
        process.stdin.write("\n")
        process.stdin.close()
    assert shown == ["2026-08-21T08:05:00+00:00", "2026-08-22T01:00:00+00:00"]
    assert process.returncode == 0
