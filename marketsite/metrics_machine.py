"""The part of `/metrics` that tells what the site takes: processes, jobs, Redis, PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import redis
from django.conf import settings
from django.db import connection
from redis.exceptions import RedisError

from marketsite import job_counts, vitals
from marketsite.metrics_families import ByLabels, Family, counter, each, gauge, one, seconds
from marketsite.redis import client

QUEUE = "celery"  # Celery's own name for it
PROCESS = ["role", "host", "pid"]
OURS = ("market_", "reports_")
# One statement: what the database takes, who is connected, and each table with its indexes.
# `reltuples` is the planner's estimate; a table that was never looked at has -1.
SIZES = """
SELECT 'database', '', pg_database_size(current_database()), 0::real
UNION ALL
SELECT 'sessions', coalesce(application_name, ''), count(*), 0
FROM pg_stat_activity WHERE datname = current_database() GROUP BY 2
UNION ALL
SELECT 'table', relname, pg_total_relation_size(oid), reltuples
FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
"""


def processes(_now: datetime) -> Iterator[Family]:
    """Of all long-lived processes, as each told it within the last two minutes."""
    found = vitals.read(client())
    for name, about, field in (
        ("pss_bytes", "Memory of the process, shared pages by their share", "pss"),
        ("resident_bytes", "Resident memory of the process", "resident"),
        ("peak_bytes", "Highest resident memory since its start", "peak"),
        ("descriptors", "Open file descriptors", "descriptors"),
        ("threads", "Threads", "threads"),
    ):
        values: ByLabels = {
            (item.role, item.host, str(item.pid)): getattr(item, field) for item in found
        }
        yield gauge(f"process_{name}", about, PROCESS, values)


def jobs(now: datetime) -> Iterator[Family]:
    ends, lasts = job_counts.read()
    labels = ["job", "outcome"]
    counts: ByLabels = {(item.job, item.outcome): item.count for item in ends}
    yield counter("jobs", "Jobs that ended, by outcome", labels, counts)
    spent: ByLabels = {(item.job, item.outcome): item.seconds for item in ends}
    yield counter("job_seconds", "Time that jobs took, by outcome", labels, spent)
    took = {item.job: item.seconds for item in lasts}
    yield each("job_last_seconds", "Time that the job's last run took", "job", took)
    ages = {item.job: seconds(now, item.ended_at) for item in lasts}
    yield each("job_age_seconds", "Since the job ended last", "job", ages)


def redis_server(_now: datetime) -> Iterator[Family]:
    found = client().info()
    yield one("redis_bytes", "Memory that Redis uses", found["used_memory"])
    yield one("redis_max_bytes", "Its maxmemory; 0 is no limit", found["maxmemory"])
    yield one("redis_clients", "Connections to Redis", found["connected_clients"])


def database_server(_now: datetime) -> Iterator[Family]:
    with connection.cursor() as cursor:
        cursor.execute(SIZES)
        rows = cursor.fetchall()
    yield one("database_bytes", "Size of the database", _of(rows, "database")[""][0])
    sessions = {name: size for name, (size, _) in _of(rows, "sessions").items()}
    about = "Connections to the database"
    yield each("database_sessions", about, "application", sessions)
    tables = {name: row for name, row in _of(rows, "table").items() if name.startswith(OURS)}
    sizes = {name: size for name, (size, _) in tables.items()}
    yield each("table_bytes", "Size of the table with its indexes", "table", sizes)
    estimates = {name: count for name, (_, count) in tables.items() if count >= 0}
    yield each("table_rows", "Rows of the table, as the planner estimates", "table", estimates)


def _of(rows: list[tuple[str, str, int, float]], kind: str) -> dict[str, tuple[int, float]]:
    return {name: (size, count) for what, name, size, count in rows if what == kind}


def queue_length() -> int | None:
    """How many bells wait; None when the broker does not answer."""
    url = settings.CELERY_BROKER_URL
    if url.startswith("redis+socket:"):  # as kombu spells it
        url = url.replace("redis+socket:", "unix:", 1).replace("virtual_host=", "db=", 1)
    timeout = settings.REDIS_TIMEOUT_SECONDS
    try:
        with redis.Redis.from_url(
            url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=None
        ) as broker:
            return int(broker.llen(QUEUE))
    except RedisError:
        return None
