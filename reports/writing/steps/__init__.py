"""The steps of a run, one file each, in the order in which they run.

A step does its work in parts, mostly one call to a model each. It is given the run and what is
committed so far, and returns its next part. It holds nothing afterwards: what it returns is
committed, and the next part may be done by another process.
"""

from __future__ import annotations

from reports.writing.steps import prepare_data, render, research, translate, verify, write
from reports.writing.steps.job import Step, whole
from reports.writing.steps.prepare_data import NoNumbers
from reports.writing.writers.base import WriterError

# `save` follows: it is the pipeline's own, because it ends the run in the same transaction.
STEPS: dict[str, Step] = {
    "prepare_data": whole(prepare_data.run),
    "research": research.run,
    "write": write.run,
    "verify": verify.run,
    "translate": translate.run,
    "render": render.run,
}
# The large fields of its own earlier parts that a step looks at each time.
KEPT: dict[str, tuple[str, ...]] = {"write": ("frame",), "verify": ("filling",)}
# What may happen in a sound program: the reason says it all, a traceback would add nothing.
EXPECTED_FAILURES = (NoNumbers, WriterError)
