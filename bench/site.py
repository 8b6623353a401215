"""The site's code on servers of its own, for measuring: embedded, empty, gone afterwards."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from marketsite.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
START_SECONDS = 60.0


@contextmanager
def site(moment: str, settings: Mapping[str, str]) -> Iterator[None]:
    """Django set up and migrated with these settings; `moment` is a MARKETSITE_CLOCK."""
    with tempfile.TemporaryDirectory(prefix="marketsite-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another account when we are root
        with Stack(folder / "stack", durable=False) as stack:
            os.environ |= {
                "ENV_FILE": os.devnull,
                "SECRET_KEY": secrets.token_urlsafe(48),
                "SITE_URL": "http://localhost:8000",
                "DATABASE_URL": stack.database_url,
                "REDIS_URL": stack.redis_url,
                "LOG_LEVEL": "ERROR",
                "MARKETSITE_CLOCK": moment,
                **settings,
            }
            _set_up()
            yield
            _close()


def _set_up() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketsite.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _close() -> None:
    from django.core.cache import caches
    from django.db import connections

    connections.close_all()
    caches["default"].close()


@contextmanager
def upstreams(moment: str) -> Iterator[dict[str, str]]:
    """The vendors' stand-ins in a process of their own; the settings that point at them."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.upstreams", "--port", "0", "--scenario", "demo"],
        cwd=ROOT,
        env=os.environ | {"MARKETSITE_CLOCK": moment},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield _addresses(process)
    finally:
        process.terminate()
        process.wait()


def _addresses(process: subprocess.Popen[str]) -> dict[str, str]:
    from market.sources import DEFAULT_BASE_URLS

    found: dict[str, str] = {}
    while process.stdout and len(found) < len(DEFAULT_BASE_URLS):
        name, _, value = process.stdout.readline().strip().partition("=")
        if name.endswith("_BASE_URL"):
            found[name] = value
    return found


@contextmanager
def web(variables: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """What the Procfile starts for `site`, with these variables: its port and its process."""
    procfile = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    command = next(line.partition(":")[2] for line in procfile if line.startswith("web:"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    scripts = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PORT": str(port),
        "PATH": os.pathsep.join([scripts, os.environ["PATH"]]),
        **variables,
    }
    shell = ["/bin/sh", "-c", command]
    process = subprocess.Popen(
        shell, cwd=ROOT, env=environment, stdout=sys.stderr, start_new_session=True
    )
    try:
        _wait_for(port, process)
        yield port, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            asked.request("GET", "/healthz")
            asked.getresponse().read()
            asked.close()
            return
        except (OSError, http.client.HTTPException):
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)
