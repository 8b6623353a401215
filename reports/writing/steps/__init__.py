"""The steps of a run, one file each, in the order in which they run.

A step takes the outputs of the steps before it (plain JSON by name) and returns its own. It holds
nothing afterwards: what it returns is committed, and the next step may run in another process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reports.models import Run
from reports.writing.steps import prepare_data, render, write
from reports.writing.steps.prepare_data import NoNumbers
from reports.writing.writers.base import WriterError

Outputs = dict[str, dict[str, Any]]
Step = Callable[[Run, Outputs], dict[str, Any]]

# `save` follows: it is the pipeline's own, because it ends the run in the same transaction.
STEPS: dict[str, Step] = {
    "prepare_data": prepare_data.run,
    "write": write.run,
    "render": render.run,
}
INPUTS: dict[str, tuple[str, ...]] = {
    "prepare_data": (),
    "write": ("prepare_data",),
    "render": ("prepare_data", "write"),
    "save": ("prepare_data", "write", "render"),
}
ORDER = tuple(INPUTS)
# What may happen in a sound program: the reason says it all, a traceback would add nothing.
EXPECTED_FAILURES = (NoNumbers, WriterError)
