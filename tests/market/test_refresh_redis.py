"""A refresh with a Redis that is away, frozen or well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import redis

from market import snapshot
from market.models import Quote
from market.refresh import Failure, refresh_indices
from tests.market.conftest import FrozenServer
from tests.market.refreshed import (
    CLOSES,
)
from tests.upstreams import Upstreams

pytestmark = pytest.mark.django_db


def test_without_redis_the_quotes_are_stored_and_the_site_reads_them(
    upstreams: Upstreams, dead_redis: None
) -> None:
    result = refresh_indices()
    assert (result.success, result.cached) == (False, False)
    assert result.failures == (Failure("redis", "snapshot not written (ConnectionError)"),)
    assert Quote.objects.count() == 5
    shown = snapshot.read()["indices"]
    read = {key: entry["value"] for key, entry in shown.items()}
    assert {key: value and value["close"] for key, value in read.items()} == CLOSES


def test_a_frozen_redis_costs_the_refresh_one_read_and_one_write(
    upstreams: Upstreams, frozen_redis: FrozenServer
) -> None:
    """Two time-outs, since a server that thaws while the sources answer gets its snapshot."""
    result = refresh_indices()
    assert result.failures == (Failure("redis", "snapshot not written (TimeoutError)"),)
    assert Quote.objects.count() == 5
    assert frozen_redis.connections == 2


def test_connections_stay_constant_over_many_refreshes_and_reads(
    upstreams: Upstreams, redis_client: redis.Redis, at: Callable[[str], None]
) -> None:
    refresh_indices()
    before = redis_client.info()
    start = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)
    for minutes in range(30):
        at(snapshot.iso(start + timedelta(minutes=minutes)))
        assert refresh_indices().success
        assert snapshot.read()["success"]
    after = redis_client.info()
    for name in ("connected_clients", "total_connections_received"):
        assert after[name] == before[name]


def test_a_refresh_asks_redis_once_and_writes_once(
    upstreams: Upstreams, redis_client: redis.Redis
) -> None:
    refresh_indices()  # connects
    before = redis_client.info("stats")["total_reads_processed"]
    refresh_indices()
    after = redis_client.info("stats")["total_reads_processed"]
    assert after - before == 3  # the last is our own question
