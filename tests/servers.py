"""The suite's own PostgreSQL and Valkey, started before Django reads its settings.

With `DATABASE_URL` and `REDIS_URL` set those are used: Django's test database beside the named one,
and a Redis database that must be empty, as must the next one, which is the broker's.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from market.sources import DEFAULT_BASE_URLS
from marketsite.environment import redis_database
from marketsite.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
NOWHERE = "http://127.0.0.1:9"  # nothing listens on the discard port
OWN = {"DATABASE_URL", "REDIS_URL", "CHROMIUM", "REQUIRE_BROWSER"}

_open = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Runs before pytest-django loads the settings."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # started in the background; what the tests start must hear Ctrl-C all the same
        signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(_open.enter_context(tempfile.TemporaryDirectory(prefix="marketsite-tests-")))
    folder.chmod(0o755)  # PostgreSQL runs as another account when we are root
    _forget_settings()
    given = [name for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)]
    if len(given) == 1:
        raise pytest.UsageError("set both DATABASE_URL and REDIS_URL, or neither")
    if given:
        _refuse_used_redis(os.environ["REDIS_URL"])
    else:
        stack = _open.enter_context(Stack(folder / "stack", durable=False))
        os.environ |= {"DATABASE_URL": stack.database_url, "REDIS_URL": stack.redis_url}
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


def pytest_unconfigure() -> None:
    _open.close()


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
