"""What a process knows of the current version when PostgreSQL or Redis keeps silent, and after."""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Iterator

import psycopg2
import pytest
import redis
from django.db import connection

from market.overview import KEY as OVERVIEW_KEY
from market.snapshot import CURRENT_KEY, LAST_KEY
from marketsite import freshness as module
from marketsite.edge import freshness
from marketsite.freshness import KEPT_CHANGES, MARKET, NUMBERS, SITE, VERSIONS
from reports.models import PageChange
from tests.conftest import database_url
from tests.processes import until
from tests.site.edge import Site, make_report, site

PATH = "/reports/vn-index/"


@pytest.fixture
def running(committed: None) -> Iterator[Site]:
    make_report()
    with site() as started:
        started.get(PATH)
        started.get("/")
        yield started


def watchers() -> list[int]:
    """The server processes of connections that ask for versions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE query = %s", [VERSIONS])
        return [pid for (pid,) in cursor]


def test_while_postgresql_is_silent_nothing_comes_from_memory(running: Site) -> None:
    assert running.asks_of(PATH) == running.asks_of("/") == 0
    (pid,) = until(watchers)
    os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: running.asks_of(PATH) == running.asks_of("/") == 1)
        assert running.get(PATH).status == 200
        assert running.get(PATH)["Cache-Control"] == "private, no-cache"
    finally:
        os.kill(pid, signal.SIGCONT)
    until(lambda: running.asks_of(PATH) == running.asks_of("/") == 0)


def test_a_lost_connection_is_made_anew(running: Site) -> None:
    (pid,) = until(watchers)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    until(lambda: watchers() not in ([], [pid]))
    running.until_current()
    make_report("second")
    running.until_current()
    assert running.get("/reports/second/").status == 200
    assert running.asks_of("/reports/second/") == 0
    assert len(watchers()) == 1


def test_versions_are_read_on_however_many_files_are_open(committed: None) -> None:
    """As when PostgreSQL comes back to a front that holds thousands of connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1500), hard))
    opened: list[int] = []
    while not opened or opened[-1] < 1100:
        opened.append(os.dup(0))
    fresh = freshness()
    try:
        fresh.start()
        until(lambda: fresh.leases[SITE].until > 0)
        first = fresh.leases[SITE].until
        until(lambda: fresh.leases[SITE].until > first)
    finally:
        fresh.stop()
        for number in opened:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_while_redis_is_silent_pages_with_numbers_are_djangos_and_reports_are_not(
    running: Site, redis_client: redis.Redis
) -> None:
    redis_client.client_pause(2500)
    until(lambda: running.asks_of("/about/") == 1)
    until(lambda: running.edge._leases[MARKET].until < running.edge._leases[SITE].until - 1)
    assert running.asks_of("/indices/") == running.asks_of("/indices/") == 1
    assert running.asks_of(PATH) == 0
    until(lambda: running.asks_of("/indices/") == 0)


def test_a_process_keeps_one_connection_and_one_thread_and_gives_them_back(committed: None) -> None:
    fresh = freshness()
    for _ in range(3):
        fresh.start()
    until(lambda: len(watchers()) == 1)
    assert [thread.name for thread in threading.enumerate()].count("freshness") == 1
    fresh.stop()
    assert "freshness" not in [thread.name for thread in threading.enumerate()]
    until(lambda: not watchers())
    assert fresh.leases[SITE].until < 0
    fresh.start()
    until(lambda: fresh.leases[SITE].until > 0)
    fresh.stop()


def test_many_changes_are_summed_up_without_another_version(committed: None) -> None:
    before = [_sum(scope) for scope in ("site", "market")]
    PageChange.objects.bulk_create(
        PageChange(scope=scope, changes=1) for scope in ("site", "market") * (KEPT_CHANGES + 1)
    )
    fresh = freshness()
    fresh.start()
    try:
        until(lambda: PageChange.objects.count() <= 4)
        after = [_sum(scope) for scope in ("site", "market")]
        assert [now - was for now, was in zip(after, before, strict=True)] == [KEPT_CHANGES + 1] * 2
        names = [lease.version for lease in fresh.leases]
        began = fresh.leases[SITE].until
        until(lambda: fresh.leases[SITE].until > began)
        assert [lease.version for lease in fresh.leases] == names
    finally:
        fresh.stop()


def _sum(scope: str) -> int:
    return sum(PageChange.objects.filter(scope=scope).values_list("changes", flat=True))


def test_two_that_publish_at_once_wait_for_nobody_and_both_count(committed: None) -> None:
    """The one who began first and commits last changes the version too."""
    first, second = (psycopg2.connect(database_url()) for _ in range(2))
    reader = psycopg2.connect(database_url())
    reader.autocommit = True

    def version() -> object:
        with reader.cursor() as cursor:
            cursor.execute(VERSIONS)
            return sorted(cursor.fetchall())

    make_report("one")
    make_report("two")
    seen = [version()]
    update = "UPDATE reports_report SET title = 'x' WHERE slug = %s"
    with first.cursor() as cursor:
        cursor.execute(update, ["one"])
    with second.cursor() as cursor:
        cursor.execute(update, ["two"])
    for one in (second, first):
        one.commit()
        seen.append(version())
        one.close()
    reader.close()
    assert seen[0] != seen[1] != seen[2] != seen[0]


def test_the_numbers_that_are_watched_are_those_that_pages_read() -> None:
    assert set(NUMBERS) == {CURRENT_KEY, LAST_KEY, OVERVIEW_KEY}
    assert module.POLL_SECONDS + module.REDIS_SECONDS < module.LEASE_SECONDS
