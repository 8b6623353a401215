"""Processes side by side: their output, their ends, and that none outlives the runner."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from marketsite.processes import MARK, parse_procfile
from tests.conftest import ROOT
from tests.processes import until

DRIVER = """
import json, logging, os, subprocess, sys
from pathlib import Path
from marketsite import processes
logging.basicConfig(level=logging.WARNING, format="%(message)s")
processes.STOP_SECONDS, processes.LEFT_SECONDS = 1.0, 1.0
processes.stop_on_signals()
commands, watched = json.loads(sys.argv[1]), json.loads(sys.argv[2])
environment = {**os.environ, processes.MARK: sys.argv[3]}
servers = {name: processes.start(["/bin/sh", "-c", line]) for name, line in watched.items()}
try:
    code = processes.Runner(commands, environment, Path(sys.argv[3]), servers).run()
except KeyboardInterrupt:
    code = 0
finally:
    for name, server in servers.items():
        processes.stop(server, processes.signal.SIGTERM, name)
sys.exit(code)
"""
SLEEP = "exec sleep 600"
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start a runner over shell commands, in a session of its own."""

    def run(watched: dict[str, str] | None = None, **commands: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", DRIVER, *map(json.dumps, (commands, watched or {})), tmp_path],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return run


def marked(folder: Path) -> list[psutil.Process]:
    """What runs for the runner of this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(folder):
                found.append(process)
        except psutil.Error:
            continue  # ended while we looked, or another account's
    return found


def test_each_line_begins_with_time_and_name(start: Start) -> None:
    runner = start(
        web="printf 'one\\n\\ntwo'; echo three >&2; printf 'bad \\377 end'; exit 3",
        worker=SLEEP,
    )
    output, errors = runner.communicate(timeout=30)
    assert runner.returncode == 3
    assert re.sub(r"^\d\d:\d\d:\d\d ", "", output, flags=re.MULTILINE).splitlines() == [
        "web    | one",
        "web    | ",
        "web    | twothree",
        "web    | bad \ufffd end",
    ]
    assert errors == "marketsite: web ended (exit code 3), so everything stops\n"


@pytest.mark.parametrize(
    ("command", "code", "reason"),
    [
        ("exit 0", 1, "exit code 0"),
        ("exit 3", 3, "exit code 3"),
        ("kill -KILL $$", 137, "signal 9"),
    ],
)
def test_one_end_ends_all_and_gives_its_code(
    start: Start, tmp_path: Path, command: str, code: int, reason: str
) -> None:
    runner = start(web=SLEEP, worker=command)
    _, errors = runner.communicate(timeout=30)
    assert runner.returncode == code
    assert errors == f"marketsite: worker ended ({reason}), so everything stops\n"
    assert marked(tmp_path) == []


def test_a_server_that_ends_ends_all_too(start: Start, tmp_path: Path) -> None:
    runner = start({"postgres": "exit 2"}, web=SLEEP)
    _, errors = runner.communicate(timeout=30)
    assert runner.returncode == 2
    assert "postgres ended (exit code 2)" in errors
    assert marked(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("whole_group", [True, False], ids=["group", "runner alone"])
def test_every_way_to_stop_stops_in_order(
    start: Start, tmp_path: Path, number: signal.Signals, whole_group: bool
) -> None:
    """A terminal signals its whole foreground group; `kill` and systemd one process."""
    farewell = "trap 'echo stored; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    runner = start(web=farewell, worker=farewell)
    assert runner.stdout
    shown = [runner.stdout.readline() for _ in range(2)]
    assert all("ready" in line for line in shown)
    (os.killpg if whole_group else os.kill)(runner.pid, number)
    output, errors = runner.communicate(timeout=30)
    assert runner.returncode == 0
    assert output.count("stored") == 2, "each child may finish its work"
    assert errors == ""
    assert marked(tmp_path) == []


def test_what_does_not_stop_is_killed_with_all_that_it_started(
    start: Start, tmp_path: Path
) -> None:
    runner = start(web="trap '' TERM; sleep 600 & sleep 600 & echo ready; wait; wait")
    assert runner.stdout
    runner.stdout.readline()
    runner.send_signal(signal.SIGTERM)
    runner.send_signal(signal.SIGINT)  # the impatient second Ctrl-C changes nothing
    _, errors = runner.communicate(timeout=30)
    assert runner.returncode == 0
    assert errors == "web does not stop and is killed\n"
    assert marked(tmp_path) == []


def test_a_killed_runner_takes_its_children_along(start: Start, tmp_path: Path) -> None:
    runner = start({"postgres": SLEEP}, web=SLEEP, worker=SLEEP)
    until(lambda: len(marked(tmp_path)) == 2)
    servers = [child.pid for child in psutil.Process(runner.pid).children()]
    runner.kill()
    runner.communicate(timeout=30)
    until(lambda: not marked(tmp_path))
    until(lambda: not any(map(psutil.pid_exists, servers)))


@pytest.mark.parametrize("trap", ["", "trap '' TERM; "])
def test_the_next_start_ends_what_a_killed_one_left_behind(
    start: Start, tmp_path: Path, trap: str
) -> None:
    """Also what does not care for a request."""
    left = subprocess.Popen(
        ["/bin/sh", "-c", f"{trap}echo ready; while :; do sleep 0.05; done"],
        env={"PATH": os.environ["PATH"], MARK: str(tmp_path)},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with subprocess.Popen(
        ["sleep", "600"], env={"PATH": os.environ["PATH"], MARK: f"{tmp_path}-other"}
    ) as other:
        assert left.stdout
        left.stdout.readline()
        script = (
            "import logging, sys; from marketsite import processes\n"
            "logging.basicConfig(format='%(message)s'); processes.LEFT_SECONDS = 1.0\n"
            "processes.stop_leftovers(sys.argv[1])"
        )
        done = subprocess.Popen(
            [sys.executable, "-c", script, tmp_path], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        left.wait()  # as init does for an orphan
        _, errors = done.communicate(timeout=30)
        assert done.returncode == 0
        assert re.fullmatch(r"stopping \d processes that an earlier start left behind\n", errors)
        assert marked(tmp_path) == []
        assert other.poll() is None
        other.kill()
    left.stdout.close()


def test_nobody_listening_is_no_reason_to_fail(start: Start, tmp_path: Path) -> None:
    runner = start(web="while echo line; do sleep 0.01; done", worker=SLEEP)
    assert runner.stdout
    assert "line" in runner.stdout.readline()
    runner.stdout.close()  # as when a terminal closes, or a pipe's reader leaves
    runner.send_signal(signal.SIGTERM)
    assert runner.wait(30) == 0
    assert runner.stderr
    assert "Traceback" not in runner.stderr.read()
    assert marked(tmp_path) == []


def test_signals_that_were_ignored_before_stay_ignored(tmp_path: Path) -> None:
    script = (
        "import signal, sys; from marketsite import processes\n"
        "processes.stop_on_signals()\n"
        "print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)\n"
    )
    done = subprocess.run(
        ["nohup", sys.executable, "-c", script],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"


def test_a_procfile_is_read_in_its_order() -> None:
    lines = ["# web: not this", "", "web: exec one: two", "worker:exec three"]
    assert list(parse_procfile(lines).items()) == [
        ("web", "exec one: two"),
        ("worker", "exec three"),
    ]
