"""What a step is given, and what one part of it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from reports.models import Run
from reports.writing.budget import Spender

Output = dict[str, Any]

# The fields of an output that stay in the database unless a step asks for them: whole documents,
# what all prompts share, the proofs, a model's prose.
LARGE = ("vi", "en", "frame", "checked", "filling", "texts")
WHOLE = ("prepare_data", "research")  # the steps whose outputs are large, and read as they are


@dataclass(frozen=True, slots=True)
class Part:
    """One committed piece of a step, at most one model call: the step ends with its `final` one.

    `notes` are sentences for those who watch the run: what went wrong, and what was done instead.
    """

    output: Output
    final: bool = True
    usage: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()


class Load(Protocol):
    """Reads the committed parts of a step from the database, with these of the large fields."""

    def __call__(self, step: str, *large: str) -> list[Output]: ...


@dataclass(frozen=True, slots=True)
class Job:
    """A part to be done: the run, this step's parts so far, and all that is committed on demand.

    `parts` are without large fields but those that `KEPT` names. Each call to a model is made with
    the `spender`, and each wait with `still_ours`: both raise when the run is no longer this
    process's. `facts` reads the fact sheet with no other facts than those of these keys, and
    without series.
    """

    run: Run
    parts: Sequence[Output]
    load: Load
    spender: Spender
    still_ours: Callable[[], None]
    facts: Callable[[Iterable[str]], Output]

    def output(self, step: str, *large: str) -> Output:
        """The last part of a step; all of it when the step has one part."""
        return self.load(step, *large)[-1]


Step = Callable[[Job], Part]


def whole(work: Callable[[Run], Output]) -> Step:
    """A step of one part that needs nothing but its run."""
    return lambda job: Part(work(job.run))
