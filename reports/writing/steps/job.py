"""What a step is given, and what one part of it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reports.models import Run

Output = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One committed piece of a step, at most one model call: the step ends with its `final` one.

    `notes` are sentences for those who watch the run: what went wrong, and what was done instead.
    """

    output: Output
    final: bool = True
    usage: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A part to be done: the run, this step's parts so far, and the earlier steps on demand.

    `load` reads the parts of an earlier step from the database. `before_call` must be called
    before each call to a model; it raises when the run is no longer this process's. `facts` reads
    the fact sheet with no other facts than those of these keys, and without series.
    """

    run: Run
    parts: Sequence[Output]
    load: Callable[[str], list[Output]]
    before_call: Callable[[], None]
    facts: Callable[[Iterable[str]], Output]

    def output(self, step: str) -> Output:
        """The last part of an earlier step; all of it when the step has one part."""
        return self.load(step)[-1]


Step = Callable[[Job], Part]


def whole(work: Callable[[Run], Output]) -> Step:
    """A step of one part that needs nothing but its run."""
    return lambda job: Part(work(job.run))
