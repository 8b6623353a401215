"""Libraries in part: without what they load beside it, never use here, and would hold for good."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec


@contextmanager
def without(*names: str) -> Iterator[None]:
    """What is imported inside finds these modules missing, as where they are not installed.

    Those that are loaded already stay.
    """
    missing = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(missing))  # type: ignore[arg-type]  # None: Python's own way
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


@contextmanager
def unopened(package: str) -> Iterator[None]:
    """What is imported inside gets modules of `package` without what its `__init__` would load.

    Whoever imports the package itself later gets all of it.
    """
    spec = None if package in sys.modules else find_spec(package)
    if spec is None:
        yield
        return
    sys.modules[package] = module_from_spec(spec)
    try:
        yield
    finally:
        del sys.modules[package]
