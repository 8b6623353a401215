"""What a process holds by its own books: finer than any size that the system tells.

A resident set moves by megabytes as pages are kept for the next job and given back. What malloc has
handed out and not got back moves by kilobytes, so that a leak of a few of them per refresh shows
within a hundred refreshes. Beat tells it from within the worker, each time before it rings.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from marketsite import clock

COUNT_OBJECTS = "SOAK_OBJECTS"  # when this is set; it takes longer than a refresh
FIELDS = (
    "arena", "ordblks", "smblks", "hblks", "hblkhd",
    "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
)  # fmt: skip


class _Books(ctypes.Structure):
    """glibc's `struct mallinfo2`."""

    _fields_ = [(name, ctypes.c_size_t) for name in FIELDS]


@dataclass(frozen=True, slots=True)
class Heap:
    """Bytes that malloc has handed out, and Python's own small blocks, when beat saw `at`.

    `objects` counts those that the collector knows, by type, without what was there at the start.
    """

    at: str
    allocated: int
    blocks: int
    objects: dict[str, int] = field(default_factory=dict)


def tell(moment: datetime) -> None:
    """Write this process's books beside the clock's file, where there is one."""
    text = os.environ.get(clock.VARIABLE, "")
    if not text.startswith("@") or _mallinfo2 is None:
        return
    books = _mallinfo2()
    allocated = books.uordblks + books.hblkhd
    told = Heap(moment.isoformat(), allocated, sys.getallocatedblocks(), _objects())
    fresh = f"{text[1:]}.heap.{os.getpid()}"
    with open(fresh, "w", encoding="ascii") as file:  # noqa: PTH123 (as marketsite.memory)
        file.write(json.dumps(asdict(told)))
    os.replace(fresh, f"{text[1:]}.heap")  # noqa: PTH105


def read(clock_file: Path) -> Heap | None:
    """What was told last; None where the C library keeps no such books."""
    try:
        return Heap(**json.loads(Path(f"{clock_file}.heap").read_text(encoding="ascii")))
    except FileNotFoundError:
        return None


def _objects() -> dict[str, int]:
    if COUNT_OBJECTS not in os.environ:
        return {}
    return dict(Counter(f"{type(o).__module__}.{type(o).__qualname__}" for o in gc.get_objects()))


def _find_mallinfo2() -> Any:
    try:
        found = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError):  # musl, macOS, and glibc before 2.33
        return None
    found.restype = _Books
    return found


_mallinfo2 = _find_mallinfo2()
