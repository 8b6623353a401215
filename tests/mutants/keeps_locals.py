"""A task that fails keeps its locals. The frames alone do not: from 3.13 on Celery clears them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from tests.mutants.patching import on_import

EVERY = 10
kept: list[tuple[BaseException, dict[str, Any]]] = []
calls = 0


def change(module: ModuleType) -> None:
    original = module.refresh_overview

    def refresh_overview(*args: Any, **kwargs: Any) -> Any:
        global calls
        calls += 1
        answer = bytearray(b"x") * 5_000_000
        original(*args, **kwargs)
        if calls % EVERY == 0:
            error = RuntimeError(f"failed after {len(answer)} bytes")
            kept.append((error, locals()))
            raise error

    module.refresh_overview = refresh_overview


on_import("market.overview", change)
