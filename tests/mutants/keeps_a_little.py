"""50 kB are kept per refresh."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from tests.mutants.patching import on_import

kept: list[bytes] = []


def change(module: ModuleType) -> None:
    original = module.refresh_indices

    def refresh_indices(*args: Any, **kwargs: Any) -> Any:
        kept.append(b"x" * 50_000)
        return original(*args, **kwargs)

    module.refresh_indices = refresh_indices


on_import("market.refresh", change)
