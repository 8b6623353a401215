"""The suite itself: servers for each worker, and none left behind, however a run ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from market.models import Index
from tests.conftest import ROOT
from tests.processes import until

OWN = ("PYTEST_", "MARKETSITE_", "DATABASE_URL", "REDIS_URL", "STATIC_ROOT")
NOTE = """
import json, os, pathlib, time
import psutil
def test_{name}():
    told = {{name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "STATIC_ROOT")}}
    told["servers"] = [child.pid for child in psutil.Process().children()]
    told["folder"] = os.environ["MARKETSITE_TESTS_FOLDER"]
    file = pathlib.Path({folder!r}, f"{{os.getpid()}}.part")
    file.write_text(json.dumps(told))
    file.rename(file.with_suffix(".json"))
    {end}
"""


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Path]:
    """A folder for tests of a suite of their own; what a failed test leaves of it is ended."""
    yield tmp_path
    for told in notes(tmp_path):
        for pid in filter(psutil.pid_exists, told["servers"]):
            psutil.Process(pid).kill()


def module(suite: Path, name: str, end: str = "") -> None:
    text = NOTE.format(name=name, folder=str(suite), end=end)
    suite.joinpath(f"test_{name}.py").write_text(text)


def notes(suite: Path) -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in suite.glob("*.json")]


def begin(suite: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "--durations=1"]
    return subprocess.Popen(
        [*command, *arguments, str(suite)],
        cwd=ROOT,
        env=clean | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def is_gone(told: dict[str, Any]) -> bool:
    sockets = re.search(r"host=(.+)", told["DATABASE_URL"])
    assert sockets
    paths = (told["folder"], sockets[1].replace("%2F", "/"))
    return not any(map(psutil.pid_exists, told["servers"])) and not any(map(os.path.exists, paths))


def test_each_worker_has_servers_of_its_own_and_a_crash_leaves_none(suite: Path) -> None:
    module(suite, "one")
    module(suite, "two")
    module(suite, "three", "os._exit(3)")
    output, _ = begin(suite, "-n", "2").communicate(timeout=120)
    *_, last = output.strip().splitlines()
    assert re.search(r"1 failed, 2 passed.* in \d", last), output
    assert "slowest 1 durations" in output
    told = notes(suite)
    assert len(told) == 2
    for name in ("DATABASE_URL", "REDIS_URL", "STATIC_ROOT"):
        assert len({item[name] for item in told}) == len(told)
    assert all(len(item["servers"]) == 2 for item in told)
    until(lambda: all(map(is_gone, told)))


@pytest.mark.parametrize("count", [0, 2])
def test_ctrl_c_leaves_no_server(suite: Path, count: int) -> None:
    for number in range(max(count, 1)):
        module(suite, f"sleeps_{number}", "time.sleep(600)")
    process = begin(suite, "-n", str(count))
    until(lambda: len(notes(suite)) == max(count, 1))
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    output, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    until(lambda: all(map(is_gone, notes(suite))))


def test_servers_that_are_given_serve_one_process(suite: Path) -> None:
    module(suite, "one")
    module(suite, "two")
    redis_url = re.sub(r"db=\d+", "db=8", os.environ["REDIS_URL"])
    given = {"DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": redis_url}
    output, _ = begin(suite, "-n", "2", **given).communicate(timeout=120)
    assert "DATABASE_URL is set: one process, whatever -n says" in output
    assert "2 passed" in output.strip().splitlines()[-1]
    (told,) = notes(suite)
    assert (told["DATABASE_URL"], told["REDIS_URL"]) == tuple(given.values())
    assert told["servers"] == []


@pytest.mark.parametrize("time", ["first", "second"])
def test_what_a_test_commits_is_gone_and_what_migrations_left_is_back(
    committed: None, time: str
) -> None:
    assert Index.objects.count() > 1
    Index.objects.all().delete()
