"""Fixtures that every test may ask for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.utils import translation
from pytest_django import DjangoDbBlocker, Settings

from marketsite import clock
from marketsite.environment import redis_database
from tests.upstreams import Upstreams
from tests.upstreams.scenarios import AFTER_CLOSE

pytest_plugins = ["tests.browser", "tests.pages"]

ROOT = Path(__file__).resolve().parent.parent

Manage = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Collected once: pages name static files by the hash of their content."""
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(autouse=True)
def empty_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The snapshot's and the broker's databases are empty before each test."""
    url = os.environ["REDIS_URL"]
    with redis.Redis.from_url(url, single_connection_client=True) as client:
        for number in (redis_database(url), redis_database(url) + 1):
            client.execute_command("SELECT", number)
            client.flushdb()
    monkeypatch.setattr("marketsite.redis._rests_until", 0.0)
    yield
    caches["default"].close()


@pytest.fixture(autouse=True)
def usual_language() -> Iterator[None]:
    """A request leaves its language behind in the thread; the next test begins with the site's."""
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture
def redis_client() -> Iterator[redis.Redis]:
    """A plain client, as another program would use."""
    with redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True) as client:
        yield client


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Stop the site's clock at a moment: `at("2026-08-21T08:10:00Z")`; call again to move it."""

    def stop(moment: str) -> None:
        clock.parse(moment)
        monkeypatch.setenv(clock.VARIABLE, f"={moment}")

    return stop


@pytest.fixture
def upstreams(settings: Settings, at: Callable[[str], None]) -> Iterator[Upstreams]:
    """The vendors as they stood after the close of 21 August 2026, and the site pointed at them."""
    at(AFTER_CLOSE)
    with Upstreams("long") as running:
        settings.MARKET_BASE_URLS = {
            name: running.environment[f"{name.upper()}_BASE_URL"]
            for name in settings.MARKET_BASE_URLS
        }
        for name in ("GEMINI_BASE_URL", "OPENAI_BASE_URL"):
            setattr(settings, name, running.environment[name])
        settings.RESEARCH_FEEDS = running.environment["RESEARCH_FEEDS"].split(",")
        settings.RESEARCH_ALLOW_PRIVATE = True
        yield running


@pytest.fixture
def models(upstreams: Upstreams, settings: Settings) -> Upstreams:
    """Both model writers with a key, at the local servers; no pause before they are asked again."""
    settings.GEMINI_API_KEY, settings.OPENAI_API_KEY = "AIza-test-key", "sk-test-key"
    settings.LLM_RETRY_SECONDS = 0
    return upstreams


@pytest.fixture(scope="session")
def first_rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """What migrations put into tables comes back whenever Django empties them.

    So whatever test comes next finds it, in any order; Django's own way would be to put it back
    only before the next test with commits.
    """
    connection._test_serialized_contents = "[]"  # type: ignore[attr-defined] # that way's copy
    again = []
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA first_rows")
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f"CREATE TABLE first_rows.{table} AS TABLE {table}")
            if cursor.rowcount:
                again.append(f"INSERT INTO {table} SELECT * FROM first_rows.{table}")  # noqa: S608
    empty = connection.ops.sql_flush
    connection.ops.sql_flush = lambda *args, **kwargs: [*empty(*args, **kwargs), *again]  # type: ignore[method-assign]


@pytest.fixture
def committed(
    first_rows: None, django_db_serialized_rollback: None, transactional_db: None
) -> None:
    """A database whose commits other processes see; as migrations left it after the test."""


@pytest.fixture
def environment(committed: None, upstreams: Upstreams) -> dict[str, str]:
    """The environment of a process of the site, on the test's own database and upstreams."""
    return {**os.environ, **upstreams.environment, "DATABASE_URL": database_url()}


@pytest.fixture
def manage(environment: dict[str, str]) -> Manage:
    """Run a management command as cron would: `manage("refresh_indices", VARIABLE="value")`."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def database_url() -> str:
    """The test database's address, as `DATABASE_URL` takes it."""
    given = connection.settings_dict
    user, password = quote(given["USER"], safe=""), quote(given["PASSWORD"], safe="")
    login = f"{user}:{password}@" if password else f"{user}@"
    host = given["HOST"]
    if host.startswith("/"):
        return f"postgresql://{login}/{given['NAME']}?host={host}"
    port = f":{given['PORT']}" if given["PORT"] else ""
    return f"postgresql://{login}{host}{port}/{given['NAME']}"
