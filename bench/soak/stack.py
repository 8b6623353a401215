"""The whole site for a soak: servers, upstreams, and the Procfile's own commands, all thrown away
afterwards.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import redis
import requests

from bench.soak.plan import STEP, Plan
from marketsite import job_counts, processes
from marketsite.environment import BASE_DIR
from marketsite.memory import ALLOCATOR_SETTINGS
from marketsite.stack import Stack

START_SECONDS = 60.0
LARGEST_ANSWER = 6_000_000


class SoakError(RuntimeError):
    """The soak cannot go on; the message is one line."""


@dataclass(slots=True)
class Site:
    """What a soak watches and asks: process ids by role, and a client for each server."""

    roots: dict[str, int]
    servers: dict[str, int]
    url: str
    redis: redis.Redis
    database: Any
    folder: Path | None = None
    upstreams: str = ""
    asked: requests.Session = field(default_factory=requests.Session)

    @property
    def clock(self) -> Path:
        if self.folder is None:
            raise SoakError("a site that runs already keeps its own time")
        return self.folder / "clock"

    def set_clock(self, moment: datetime) -> None:
        """Let the site's processes see `moment`, and stand still there."""
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(f"={moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", encoding="ascii")
        fresh.replace(self.clock)

    def tell_upstreams(self, path: str, body: Any) -> None:
        try:
            requests.post(f"{self.upstreams}{path}", json=body, timeout=30).raise_for_status()
        except requests.RequestException as error:
            raise SoakError(f"the upstream server does not obey: {error}") from None

    def upstream_counts(self) -> dict[str, int]:
        """How often each endpoint has been asked since the start."""
        found: dict[str, int] = requests.get(f"{self.upstreams}/_counts", timeout=30).json()
        return found

    def get(self, path: str) -> int:
        """The status of a page or an API call, 0 when nothing answered."""
        try:
            headers = {"Accept-Encoding": "gzip"}
            return self.asked.get(f"{self.url}{path}", headers=headers, timeout=20).status_code
        except requests.RequestException:
            return 0

    def row(self, statement: str, *values: object) -> tuple[Any, ...]:
        """The first row of a statement of the soak's own session."""
        with self.database.cursor() as cursor:
            cursor.execute(statement, values)
            found: tuple[Any, ...] = cursor.fetchone()
            return found


@contextmanager
def whole_site(plan: Plan, extra: dict[str, str]) -> Iterator[Site]:
    """The site with everything it needs, on this machine, from nothing to its first numbers."""
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="marketsite-soak-"))
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another account when we are root
        servers = stack.enter_context(Stack(folder / "stack", durable=False))
        clock = folder / "clock"
        first = next(plan.moments(0)) - STEP
        clock.write_text(f"={first:%Y-%m-%dT%H:%M:%SZ}", encoding="ascii")
        environment = _environment(folder, plan, servers) | extra
        addresses = stack.enter_context(_upstreams(folder, environment))
        environment |= addresses
        _manage(environment, "migrate", "--verbosity=0")
        _manage(environment, "collectstatic", "--noinput", "--verbosity=0")
        _manage(environment, "backfill_bars")
        roots = stack.enter_context(_processes(folder, environment))
        site = Site(
            roots=roots,
            servers={server.name: server.process.pid for server in servers.servers},
            url=f"http://127.0.0.1:{environment['PORT']}",
            redis=redis.Redis.from_url(servers.redis_url, socket_timeout=10),
            database=stack.enter_context(session(servers.database_url)),
            folder=folder,
            upstreams=addresses["VIETCAP_BASE_URL"],
        )
        stack.callback(site.redis.close)
        stack.callback(site.asked.close)
        _wait(lambda: site.get("/healthz") == 200, "the web process does not answer", folder)
        _wait(lambda: _refreshed(site), "the worker does not refresh", folder)
        yield site


def _environment(folder: Path, plan: Plan, servers: Stack) -> dict[str, str]:
    """Production's defaults, but for time, upstreams, and what a soak must see happen each time."""
    scripts = str(Path(sys.executable).parent)
    return {
        "PATH": os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)]),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ENV_FILE": os.devnull,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "SITE_URL": "http://localhost:8000",
        "STATIC_ROOT": str(folder / "static"),
        "HOST": "127.0.0.1",
        "PORT": str(_free_port()),
        "PYTHONUNBUFFERED": "1",
        "LOG_FORMAT": "text",
        "NO_PROXY": "127.0.0.1,localhost",
        "MARKETSITE_CLOCK": f"@{folder / 'clock'}",
        "MARKET_SOURCES": "vietcap,vndirect",
        "MARKET_IDLE_SECONDS": str(int(STEP.total_seconds())),  # each refresh asks
        "AUTO_REPORT_SCHEDULE_TIMES": ",".join(plan.slots()),
        "REPORT_WRITERS": "gemini,analyst",
        "REPORT_MAX_COST_PER_DAY": "100000",
        "REPORT_MAX_TOKENS_PER_RUN": "100000000",
        "GEMINI_API_KEY": "AIza-soak-key",
        "LLM_MAX_BYTES": str(LARGEST_ANSWER),
        "RESEARCH_ALLOW_PRIVATE": "true",
        "RUN_RETRY_SECONDS": "0.2",
        "LLM_RETRY_SECONDS": "0.1",
        "CELERY_BEAT_SCHEDULER": "bench.soak.beat:Scheduler",
        "WORKER_MAX_MEMORY_KB": "0",  # the safety net would hide what it catches
        **ALLOCATOR_SETTINGS,
    }


@contextmanager
def _upstreams(folder: Path, environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """The local upstream server in a process of its own; the settings that point to it."""
    command = [sys.executable, "-m", "tests.upstreams", "--scenario", "demo", "--port", "0"]
    clock = {"MARKETSITE_CLOCK": environment["MARKETSITE_CLOCK"], "PATH": environment["PATH"]}
    lines = folder / "upstreams.log"
    with lines.open("wb") as log:
        server = processes.start(command, stdout=log, stderr=log, cwd=BASE_DIR, env=clock)
    try:
        _wait(lambda: b"RESEARCH_ALLOW_PRIVATE" in lines.read_bytes(), "no upstreams", folder)
        pairs = [line.partition("=") for line in lines.read_text(encoding="utf-8").splitlines()]
        yield {name: value for name, equals, value in pairs if equals and name.isupper()}
    finally:
        processes.stop(server, signal.SIGTERM, "upstreams")


@contextmanager
def _processes(folder: Path, environment: dict[str, str]) -> Iterator[dict[str, int]]:
    """The Procfile's commands as they stand there; process ids by name."""
    lines = (BASE_DIR / "Procfile").read_text(encoding="utf-8").splitlines()
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in processes.parse_procfile(lines).items():
            with (folder / f"{name}.log").open("wb") as log:
                started[name] = processes.start(
                    ["/bin/sh", "-c", command],
                    stdout=log,
                    stderr=log,
                    env=environment,
                    cwd=BASE_DIR,
                )
        yield {name: process.pid for name, process in started.items()}
    finally:
        for name, process in started.items():
            processes.stop(process, signal.SIGTERM, name)


def _manage(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, env=environment, cwd=BASE_DIR, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise SoakError(f"{arguments[0]} fails: {''.join(last)}")


@contextmanager
def session(url: str) -> Iterator[Any]:
    with contextlib.closing(psycopg2.connect(url, connect_timeout=5)) as connection:
        connection.autocommit = True
        yield connection


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(condition: Any, problem: str, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SoakError(f"{problem}: {_last_lines(folder)}")
        time.sleep(0.05)


def _refreshed(site: Site) -> bool:
    """Whether both refreshes that a worker begins with are over, and counted."""
    jobs = ("refresh_indices", "refresh_overview")
    return all(site.redis.hexists(job_counts.KEY, f"{job} {job_counts.LAST}") for job in jobs)


def _last_lines(folder: Path) -> str:
    lines = []
    for log in sorted(folder.glob("*.log")):
        lines += log.read_text(encoding="utf-8", errors="replace").splitlines()[-1:]
    return json.dumps(lines, ensure_ascii=False)


def keep_logs(site: Site, folder: Path) -> None:
    """Copy what the processes wrote, to be read after the site is gone."""
    if site.folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for log in site.folder.glob("*.log"):
        shutil.copy(log, folder / log.name)
