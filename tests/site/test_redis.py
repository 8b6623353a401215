"""The one Redis client: plain values under plain names, few connections, no waiting in line."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import redis
from django_redis.pool import ConnectionFactory
from pytest_django import Settings
from redis.exceptions import ConnectionError, TimeoutError

from marketsite.redis import cache, cache_settings, client, read_json

TIMEOUT = 0.2


@pytest.fixture
def small(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site's own client, with three connections and little patience."""
    monkeypatch.setattr(ConnectionFactory, "_pools", {})  # it keeps one for each address
    settings.CACHES = {"default": cache_settings(os.environ["REDIS_URL"], 3, TIMEOUT)}


@contextmanager
def frozen_server() -> Iterator[tuple[str, list[socket.socket]]]:
    """A server that accepts and never answers: its address, and the connections that came."""
    accepted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            try:
                while True:
                    accepted.append(listener.accept()[0])
            except OSError:
                return  # closed: the test is done

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0", accepted
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in accepted:
        connection.close()


# What other programs see


def test_another_client_reads_what_the_site_writes(redis_client: redis.Redis) -> None:
    value = {"close": 1768.12, "name": "Thị trường", "error": None, "levels": [1, 2.5]}
    cache().set("market_indices", value, 60)
    assert redis_client.keys() == ["market_indices"]
    assert json.loads(str(redis_client.get("market_indices"))) == value
    assert 0 < int(redis_client.ttl("market_indices")) <= 60  # type: ignore[arg-type]


def test_the_site_reads_what_another_client_writes(redis_client: redis.Redis) -> None:
    redis_client.set("market_indices", '{"success": true}')
    redis_client.set("market_indices:last", "half a docum")
    assert cache().get("market_indices") == {"success": True}
    assert read_json("market_indices", "market_indices:last", "absent") == [
        {"success": True},
        None,
        None,
    ]
    assert list(cache().keys("market*")) != []  # type: ignore[attr-defined]


# Connections


def connections(redis_client: redis.Redis) -> int:
    return len(redis_client.client_list())


def test_any_number_of_threads_share_the_pools_connections(
    small: None, redis_client: redis.Redis
) -> None:
    before = connections(redis_client)

    def work(number: int) -> None:
        for _ in range(25):
            cache().set(f"key{number}", number)
            assert read_json(f"key{number}") == [number]

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(work, range(12)))
    assert connections(redis_client) - before <= 3


def test_the_connections_stay_the_same_over_many_calls(
    small: None, redis_client: redis.Redis
) -> None:
    client().ping()
    before = {item["id"] for item in redis_client.client_list()}
    for number in range(100):
        cache().set("key", number)
        client().ping()
    assert {item["id"] for item in redis_client.client_list()} == before


def test_a_used_up_pool_says_so_in_place_of_opening_more(
    small: None, redis_client: redis.Redis
) -> None:
    pool = client().connection_pool
    held = [pool.get_connection() for _ in range(3)]
    before = connections(redis_client)
    with pytest.raises(ConnectionError, match="No connection available"):
        client().ping()
    assert connections(redis_client) == before
    pool.release(held.pop())
    assert client().ping()
    for connection in held:
        pool.release(connection)


# A server that does not answer


def test_a_frozen_server_is_asked_once_and_not_again(settings: Settings) -> None:
    with frozen_server() as (url, accepted):
        settings.CACHES = {"default": cache_settings(url, 3, TIMEOUT)}
        with pytest.raises(TimeoutError):
            client().get("market_indices")
        assert len(accepted) == 1
        with pytest.raises(TimeoutError):
            client().set("market_indices", "{}")
        assert len(accepted) == 2


def test_reads_leave_a_frozen_server_alone_for_a_while(settings: Settings) -> None:
    with frozen_server() as (url, accepted):
        settings.CACHES = {"default": cache_settings(url, 3, TIMEOUT)}
        with pytest.raises(TimeoutError):
            read_json("market_indices")
        for _ in range(5):
            with pytest.raises(ConnectionError, match="a moment ago"):
                read_json("market_indices")
        assert len(accepted) == 1


def test_a_connection_that_the_server_closed_is_replaced_unseen(
    redis_client: redis.Redis,
) -> None:
    cache().set("key", 1)
    assert redis_client.client_kill_filter(skipme=True, _type="normal")
    assert client().get("key") == b"1"
