"""The one Redis client of a process: django-redis's own bounded, blocking pool."""

from __future__ import annotations

from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from redis.backoff import NoBackoff
from redis.retry import Retry


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
