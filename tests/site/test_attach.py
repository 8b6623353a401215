"""`manage.py soak --attach` finds the site that its settings name, or says that none is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from bench.soak.attach import running_site
from bench.soak.stack import SoakError
from marketsite import vitals
from tests.conftest import ROOT
from tests.processes import started, until
from tests.site.test_front import web

WATCH = ["soak", "--attach", "--minutes", "0.02", "--every", "1"]


def watch(
    environment: dict[str, str], *arguments: str, command: str = "manage.py"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, command, *WATCH, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_running_site_is_watched_with_its_servers(
    environment: dict[str, str], redis_client: redis.Redis, tmp_path: Path
) -> None:
    worker = [sys.executable, "-m", "marketsite.worker", "--without-beat"]
    with (
        web(environment, tmp_path / "web") as (front, _port),
        started(worker, environment, tmp_path / "worker") as one,
    ):
        until(lambda: len(vitals.read(redis_client)) == 3)
        done = watch(environment, "--json")
        assert done.returncode == 0, done.stderr
        line = json.loads(done.stdout)
        assert line["pss_total_mb"] > 100
        assert line["redis_clients_min"] > 3
        with started(worker, environment, tmp_path / "further") as other:
            until(lambda: len(vitals.read(redis_client)) == 4)
            with running_site() as site:
                roots = site.roots
    assert roots.pop("web") == front.popen.pid
    assert set(roots) == {"worker", "worker #2"}
    assert set(roots.values()) == {one.popen.pid, other.popen.pid}


def test_a_site_that_does_not_run_here_is_refused_in_one_line(
    environment: dict[str, str], redis_client: redis.Redis
) -> None:
    elsewhere = vitals.measured("worker")
    assert elsewhere
    vitals.write(redis_client, elsewhere)  # this process told of itself, and is no worker
    done = watch(environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("soak: no process of this site runs here, or only another account's\n")


@pytest.mark.parametrize(
    ("name", "address", "told"),
    [
        ("REDIS_URL", "redis://127.0.0.1:1/0", "soak: Redis does not answer: "),
        ("DATABASE_URL", "postgresql://a@127.0.0.1:1/b", "soak: PostgreSQL does not answer: "),
    ],
)
def test_a_server_that_is_away_is_named(
    name: str, address: str, told: str, environment: dict[str, str]
) -> None:
    done = watch(environment | {name: address})
    assert done.returncode == 2
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1


def test_without_settings_it_says_how_to_be_called() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.soak", "--attach"],
        cwd=ROOT,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("soak: --attach needs the site's settings: ")
    with pytest.raises(SoakError, match="no process of this site"), running_site():
        pass


def test_where_bench_is_not_installed_it_says_so(
    environment: dict[str, str], tmp_path: Path
) -> None:
    for name in ("manage.py", "market", "marketsite", "reports"):
        (tmp_path / name).symlink_to(ROOT / name)
    program = (
        "import sys; sys.path[0] = '.'; sys.path = [p for p in sys.path if p != ''];"
        "from django.core.management import execute_from_command_line as run;"
        "run(['manage.py', 'soak', '--attach'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment | {"DJANGO_SETTINGS_MODULE": "marketsite.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.strip() == (
        "soak: needs bench/ and tests/ beside the site: No module named 'bench'"
    )
