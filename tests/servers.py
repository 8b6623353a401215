"""The suite's own PostgreSQL and Valkey, started before Django reads its settings.

With `-n` each worker has a pair of its own, and the process that hands out the tests has none.

With `DATABASE_URL` and `REDIS_URL` set those are used: Django's test database beside the named one,
and a Redis database that must be empty, as must the next one, which is the broker's. These serve
one suite at a time, so everything then runs in one process, whatever `-n` says.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis

from market.sources import DEFAULT_BASE_URLS
from marketsite.environment import redis_database
from marketsite.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
NOWHERE = "http://127.0.0.1:9"  # nothing listens on the discard port
NOWHERE_REDIS = "redis://127.0.0.1:9/0"
OWN = {"DATABASE_URL", "REDIS_URL", "CHROMIUM", "REQUIRE_BROWSER"}

WORKER, FOLDER = "PYTEST_XDIST_WORKER", "MARKETSITE_TESTS_FOLDER"
MOST_WORKERS = 4  # each may have a PostgreSQL, a Valkey, a Chromium and a site at once
NO_SERVERS = {"DATABASE_URL": "postgresql://none@/none?host=/nowhere", "REDIS_URL": NOWHERE_REDIS}

_open = ExitStack()
_given = pytest.StashKey[bool]()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Runs before pytest-django loads the settings."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # started in the background; what the tests start must hear Ctrl-C all the same
        signal.signal(signal.SIGINT, signal.default_int_handler)
    _forget_settings()
    folder = _folder()
    os.environ |= _servers(early_config, folder)
    os.environ |= {
        "ENV_FILE": os.devnull,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SITE_URL": "http://localhost:8000",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
        "STATIC_ROOT": str(folder / "static"),
        **{f"{source.upper()}_BASE_URL": NOWHERE for source in DEFAULT_BASE_URLS},
        "GEMINI_BASE_URL": NOWHERE,
        "OPENAI_BASE_URL": NOWHERE,
        "RESEARCH_SOURCES": "none",  # who wants news says so, and has a server for it
        "MARKET_SOURCES": "vietcap,vndirect",  # what most tests speak of; others name their own
        "MARKET_BAR_SOURCES": "vietcap",
        "MARKET_CONFIRM_SOURCES": "none",  # as above
        "LOG_FORMAT": "text",
        "NO_PROXY": "127.0.0.1,localhost",
    }


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[Any]:
    """Before pytest-xdist looks at it: what a module's tests share is made once, in one worker."""
    if config.stash[_given]:
        config.option.numprocesses = 0
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "loadfile"
        config.option.loadscopereorder = False  # we order them ourselves
        config.option.maxworkerrestart = "0"  # else a test that ends its process is tried for ever
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In workers the modules with slow tests come first, so that none is left alone at the end."""
    if WORKER not in os.environ:
        return
    slow = {item.path for item in items if any(map(item.get_closest_marker, ("slow", "browser")))}
    items.sort(key=lambda item: item.path not in slow)


def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` stands for: the cores that we may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, MOST_WORKERS)


def pytest_report_header(config: pytest.Config) -> str | None:
    return "DATABASE_URL is set: one process, whatever -n says" if config.stash[_given] else None


def pytest_unconfigure() -> None:
    _open.close()


def _folder() -> Path:
    """A folder of this process; a worker's lies in that of the process that started it."""
    if worker := os.environ.get(WORKER):
        folder = Path(os.environ[FOLDER]) / worker
        folder.mkdir()
    else:
        folder = Path(_open.enter_context(tempfile.TemporaryDirectory(prefix="marketsite-tests-")))
        os.environ[FOLDER] = str(folder)
        _open.callback(_remove_sockets, folder)
    folder.chmod(0o755)  # PostgreSQL runs as another account when we are root
    return folder


def _servers(config: pytest.Config, folder: Path) -> dict[str, str]:
    """The addresses of the servers: those given, new ones, or of none."""
    names = [] if WORKER in os.environ else ["DATABASE_URL", "REDIS_URL"]
    given = [name for name in names if os.environ.get(name)]
    config.stash[_given] = bool(given)
    if len(given) == 1:
        raise pytest.UsageError("set both DATABASE_URL and REDIS_URL, or neither")
    if given:
        _refuse_used_redis(os.environ["REDIS_URL"])
        return {}
    if _hands_out(config):
        return NO_SERVERS
    stack = _open.enter_context(Stack(folder / "stack", durable=False))
    return {"DATABASE_URL": stack.database_url, "REDIS_URL": stack.redis_url}


def _hands_out(config: pytest.Config) -> bool:
    """Whether this process runs no test itself."""
    options = config.known_args_namespace
    several = getattr(options, "numprocesses", None) and not options.usepdb
    return bool(several) and WORKER not in os.environ


def _remove_sockets(folder: Path) -> None:
    """What a worker that crashed could not remove; its servers ended with it."""
    for stack in folder.glob("*/stack"):
        shutil.rmtree(Stack(stack).sockets, ignore_errors=True)


def _forget_settings() -> None:
    """What a developer's shell sets must not change what the tests see."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name in re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE):
        if name not in OWN:
            os.environ.pop(name, None)
            os.environ.pop(f"{name}_FILE", None)


def _refuse_used_redis(url: str) -> None:
    """The tests empty these databases; what others keep there must not go with it."""
    with redis.Redis.from_url(url, single_connection_client=True, socket_timeout=5) as client:
        for number in (redis_database(url), redis_database(url) + 1):
            client.execute_command("SELECT", number)
            if client.dbsize():
                raise pytest.UsageError(f"REDIS_URL: database {number} is not empty")
