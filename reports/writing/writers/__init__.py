"""The writers by name. A new one is a file here and a line below.

Classes are named, not imported: a process that writes nothing loads none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from reports.writing.writers.base import Writer

WRITERS = {
    "analyst": "reports.writing.writers.analyst.Analyst",
}


def writer(name: str) -> Writer:
    """The writer `name`; KeyError for a name that is not registered."""
    module, _, class_name = WRITERS[name].rpartition(".")
    return cast("Writer", getattr(import_module(module), class_name)())
