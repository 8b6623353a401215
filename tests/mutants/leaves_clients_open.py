"""A Redis client is left open per refresh of the overview."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from tests.mutants.patching import on_import

kept: list[Any] = []


def change(module: ModuleType) -> None:
    original = module.refresh_overview

    def refresh_overview(*args: Any, **kwargs: Any) -> Any:
        import redis
        from django.conf import settings

        client = redis.Redis.from_url(settings.REDIS_URL)
        client.ping()
        kept.append(client)
        return original(*args, **kwargs)

    module.refresh_overview = refresh_overview


on_import("market.overview", change)
