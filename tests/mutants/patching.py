"""Changes a function of the site as its module is imported, in every process that we start."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, name: str, change: Callable[[ModuleType], None]) -> None:
        self.name, self.change = name, change

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.loader is None:
            return None
        execute: Any = spec.loader.exec_module

        def executed(module: ModuleType) -> None:
            execute(module)
            self.change(module)

        spec.loader.exec_module = executed  # type: ignore[method-assign]
        return spec


def on_import(name: str, change: Callable[[ModuleType], None]) -> None:
    """Call `change(module)` as soon as the module `name` has been imported."""
    sys.meta_path.insert(0, _Finder(name, change))
