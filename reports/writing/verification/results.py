"""What a writer declares of a figure, and what the check found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

KINDS = ("observed", "derived", "cited", "count")


class Source(Protocol):
    """What the check needs of a research item."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def source(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Declared:
    """A bare figure as its writer accounts for it.

    `kind` is observed (evidence: a fact's key), derived (arithmetic over keys), cited (an item's
    id) or count (what is counted, or a key).
    """

    text: str
    kind: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Checked:
    """One figure, direction or claim: `kind` is one of KINDS, direction, claim or date."""

    section: str
    sentence: str
    figure: str
    kind: str
    evidence: str
    passed: bool
    reason: str

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Checked:
        """The result that `to_json` made; KeyError or ValueError for anything else."""
        names = ("section", "sentence", "figure", "kind", "evidence", "reason")
        values = {name: data[name] for name in names}
        if not isinstance(data["passed"], bool) or not all(
            isinstance(value, str) for value in values.values()
        ):
            raise ValueError("not a check's result")
        return cls(**values, passed=data["passed"])
