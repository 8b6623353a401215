"""The one Redis client of a process: django-redis's own bounded, blocking pool."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, TimeoutError
from redis.retry import Retry

logger = logging.getLogger(__name__)

# After a server did not answer, reads leave it alone for this many time-outs: a frozen Redis costs
# one page view the wait, not each.
REST_TIMEOUTS = 5

_rests_until = 0.0


def raw_key(key: str, _prefix: str, _version: int) -> str:
    """Keys stand in Redis as written, so that any other client can read them."""
    return key


def same_key(key: str) -> str:
    return key


def cache_settings(url: str, pool_size: int, timeout: float) -> dict[str, Any]:
    """Django's `CACHES["default"]` for `url`.

    A client that waits longer than `timeout` seconds for a connection, a connect or a reply gets
    an error at once: no retries, which would multiply the time-out on a frozen server.
    """
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": url,
        "TIMEOUT": 300,
        "KEY_FUNCTION": "marketsite.redis.raw_key",
        "REVERSE_KEY_FUNCTION": "marketsite.redis.same_key",
        "OPTIONS": {
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "SOCKET_CONNECT_TIMEOUT": timeout,
            "SOCKET_TIMEOUT": timeout,
            "CONNECTION_POOL_CLASS": "redis.connection.BlockingConnectionPool",
            "CONNECTION_POOL_KWARGS": {
                "max_connections": pool_size,
                "timeout": timeout,
                "retry": Retry(NoBackoff(), 0),
                "retry_on_timeout": False,
            },
        },
    }


def cache() -> BaseCache:
    """The cache whose values are plain JSON under their own names."""
    return caches["default"]


def client() -> Any:
    """The redis-py client behind `cache()`, for what the cache interface lacks."""
    from django_redis import get_redis_connection

    return get_redis_connection("default")


def rests() -> bool:
    """Whether reads leave the server alone just now."""
    return time.monotonic() < _rests_until


def read_json(*keys: str) -> list[Any]:
    """The parsed value of each key, in one round trip; None for one that is absent or no JSON.

    Raises redis.RedisError when the server does not answer, and at once while reads let it rest.
    """
    global _rests_until
    if rests():
        raise ConnectionError("did not answer a moment ago")
    try:
        found = client().mget(keys)
    except (ConnectionError, TimeoutError):
        _rests_until = time.monotonic() + REST_TIMEOUTS * settings.REDIS_TIMEOUT_SECONDS
        raise
    return [_parsed(key, text) for key, text in zip(keys, found, strict=True)]


def write_json(values: Mapping[str, tuple[Any, int]]) -> None:
    """Store each value as JSON under its key for so many seconds, in one round trip.

    Raises redis.RedisError when the server does not answer.
    """
    with client().pipeline(transaction=False) as pipe:
        for key, (value, seconds) in values.items():
            pipe.set(key, json.dumps(value, ensure_ascii=False), ex=seconds)
        pipe.execute()


def _parsed(key: str, text: bytes | None) -> Any:
    if text is None:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        logger.warning("unreadable key=%s reason=%s", key, type(error).__name__)
        return None
