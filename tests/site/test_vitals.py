"""What each process tells of itself, and what `/metrics` makes of it."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psutil
import pytest
import redis
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from marketsite import job_counts, memory, vitals
from marketsite.redis import cache_settings
from reports.models import Report
from reports.tasks import prune
from reports.tick import tick
from tests.conftest import ROOT
from tests.processes import broker, started, until
from tests.upstreams import Upstreams

TOKEN = "correct-horse-battery-staple"
MEGABYTE = 1_000_000
Samples = dict[tuple[str, ...], float]


def scrape(client: Client, settings: Settings) -> Samples:
    settings.METRICS_TOKEN = TOKEN
    answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    return {
        (sample.name.removeprefix("marketsite_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


# Processes


def test_a_process_measures_what_the_system_says_of_it() -> None:
    told, real = vitals.measured("web"), psutil.Process()
    assert told
    assert (told.role, told.host, told.pid) == ("web", socket.gethostname(), os.getpid())
    assert told.resident == pytest.approx(real.memory_info().rss, abs=5 * MEGABYTE)
    assert told.pss == pytest.approx(real.memory_full_info().pss, abs=5 * MEGABYTE)
    assert told.peak >= told.resident - MEGABYTE
    assert told.threads == real.num_threads()
    assert abs(told.descriptors - real.num_fds()) <= 1


def test_a_process_that_has_ended_is_forgotten_and_strange_ones_are_passed_over(
    redis_client: redis.Redis,
) -> None:
    told = vitals.measured("worker")
    assert told
    vitals.write(redis_client, told)
    for text in ("no JSON", "[]", '{"role": "web"}', json.dumps({"of": "another release"})):
        redis_client.set(f"{vitals.PREFIX}{text}", text)
    assert vitals.read(redis_client) == [told]
    key = f"{vitals.PREFIX}worker:{told.host}:{told.pid}"
    assert vitals.PERIOD_SECONDS < redis_client.ttl(key) <= vitals.EXPIRES_SECONDS


def test_a_process_that_started_without_redis_tells_once_it_is_there(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from marketsite import vitals\n"
        "vitals.PERIOD_SECONDS = 0.05\n"
        "vitals.report('front', sys.argv[1])\n"
        "time.sleep(600)\n"
    )
    with tempfile.TemporaryDirectory() as short:  # a socket's path has few characters
        socket_path = Path(short) / "valkey.sock"
        command = [sys.executable, "-c", script, f"unix://{socket_path}?db=0"]
        environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
        with started(command, environment, tmp_path) as process:
            until(lambda: "vitals not told" in process.err)
            with broker(socket_path), redis.Redis(unix_socket_path=str(socket_path)) as server:
                (told,) = until(lambda: vitals.read(server))
            assert told.pid == process.popen.pid
        assert process.err.count("vitals not told") <= 2  # then, and when the server went again


@pytest.mark.slow
def test_every_process_of_the_site_is_told_by_any_web_process(
    environment: dict[str, str],
    upstreams: Upstreams,
    client: Client,
    settings: Settings,
    tmp_path: Path,
) -> None:
    """This test's own process is the one that answers."""
    process = str(ROOT / "deploy/process")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        given = environment | {"PORT": str(probe.getsockname()[1])}
    with (
        started([process, "web"], given, tmp_path / "web") as web,
        started([process, "worker"], given, tmp_path / "worker") as worker,
        redis.Redis.from_url(environment["REDIS_URL"]) as server,
    ):
        expected = {"front", "web", "worker"}
        until(lambda: {one.role for one in vitals.read(server)} == expected)
        until(lambda: "job=refresh_overview" in worker.err)
        until(lambda: is_answered(given["PORT"]))
        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(lambda _: is_answered(given["PORT"]), range(64))) == {True}
        sessions = sessions_of_others()
        samples = scrape(client, settings)
        living = {*web.living(), *worker.living()}
    found = {key: value for key, value in samples.items() if key[0] == "process_pss_bytes"}
    assert {role for _, _, _, role in found} == expected
    assert {(host, int(pid) in living) for _, host, pid, _ in found} == {
        (socket.gethostname(), True)
    }
    assert all(MEGABYTE < value < 500 * MEGABYTE for value in found.values())
    assert samples["jobs_total", "refresh_indices", "ok"] == 1
    # as docs/operations.md says of the defaults: four threads and one, the front, and the worker
    assert sessions["marketsite web"] == 1
    assert 1 <= sessions["marketsite"] <= (4 + 1) + 4


def is_answered(port: str) -> bool:
    """Whether Django, and not the front's memory, has an answer."""
    request = Request(f"http://127.0.0.1:{port}/readyz", headers={"Host": "localhost:8000"})
    try:
        with urlopen(request, timeout=20) as answer:  # noqa: S310 (our own address)
            return bool(json.load(answer)["status"])
    except HTTPError as error:
        return bool(json.load(error)["reasons"])
    except URLError:  # nobody listens yet
        return False


def sessions_of_others() -> dict[str, int]:
    """Connections to the database by name, without this process's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name, count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1"
        )
        return dict(cursor.fetchall())


# Jobs


def test_ends_of_jobs_add_up_by_outcome(at: Callable[[str], None], client: Client) -> None:
    at("2026-08-21T08:00:00Z")
    for outcome, seconds in (("ok", 1.5), ("failed", 0.25), ("ok", 2.0)):
        job_counts.count("refresh", outcome, seconds)
    ends, (last,) = job_counts.read()
    assert [(end.outcome, end.count, end.seconds) for end in ends] == [
        ("failed", 1, 0.25),
        ("ok", 2, 3.5),
    ]
    assert (last.job, last.seconds, last.ended_at.minute) == ("refresh", 2.0, 0)


def test_a_tick_counts_its_jobs(
    committed: None, upstreams: Upstreams, client: Client, settings: Settings
) -> None:
    tick()
    samples = scrape(client, settings)
    assert samples["jobs_total", "refresh_indices", "ok"] == 1
    assert 0 < samples["job_last_seconds", "refresh_indices"] < 60
    assert samples["job_seconds_total", "refresh_indices", "ok"] > 0
    assert samples["job_age_seconds", "refresh_indices"] == 0  # the clock stands


def test_a_job_does_not_fail_because_nobody_counts_it(settings: Settings) -> None:
    settings.CACHES = {"default": cache_settings("redis://127.0.0.1:9/0", 8, 0.2)}
    with memory.job("trial"):
        pass


# Servers


def test_sizes_and_connections_are_told(report: Report, client: Client, settings: Settings) -> None:
    samples = scrape(client, settings)
    assert samples["database_bytes",] > 5 * MEGABYTE
    assert samples["table_bytes", "reports_report"] > 8192
    assert samples["database_sessions", "marketsite"] >= 1
    assert samples["redis_bytes",] > 100_000
    assert samples["redis_clients",] >= 1
    assert ("table_bytes", "auth_user") not in samples
    assert samples["run_seconds",] >= 0


@pytest.mark.django_db
def test_bells_that_nobody_hears_are_counted(
    client: Client, settings: Settings, redis_client: redis.Redis
) -> None:
    for _ in range(3):
        prune.delay()
    samples = scrape(client, settings)
    assert (samples["queue_length",], samples["up", "broker"]) == (3, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["redis://127.0.0.1:9/1", "redis+socket:///none?virtual_host=1"])
def test_a_broker_that_does_not_answer_is_a_part_that_is_down(
    client: Client, settings: Settings, url: str
) -> None:
    settings.CELERY_BROKER_URL = url
    samples = scrape(client, settings)
    assert (samples["up", "broker"], samples["up", "redis"], samples["up", "database"]) == (0, 1, 1)
    assert ("queue_length",) not in samples
