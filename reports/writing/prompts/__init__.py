"""What models are asked: the files in this folder, or what the admin's users put in their place.

A run stores which version of each prompt it used: `file:1a2b3c4d`, or `v12` for a row of
`PromptVersion`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.models.prompt import version_label
from reports.writing.prompts.templates import NAMES, file_text, file_version, fill
from reports.writing.statements import KEPT_PROMPTS, PROMPTS, rows_of

__all__ = ["NAMES", "InForce", "Prompts", "Rendered", "kept", "load", "quoted_json", "render"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt ready to be sent, and the version of the text that it was made from."""

    text: str
    version: str


@dataclass(frozen=True, slots=True)
class InForce:
    """The text of a prompt that counts now, and its row unless it is the file's."""

    text: str
    version: str
    row: int | None = None


class Prompts:
    """The texts in force at one moment: what one part of a run renders all its prompts from."""

    def __init__(self, active: Mapping[str, InForce]) -> None:
        self._active = active

    @property
    def edited(self) -> dict[str, int]:
        """The rows of those that somebody has edited, by name: what `kept` takes."""
        return {name: current.row for name, current in self._active.items() if current.row}

    def in_force(self, name: str) -> InForce:
        """KeyError for a name that is none of `NAMES`."""
        return self._active.get(name) or InForce(file_text(name), file_version(name))

    def render(self, name: str, **values: str) -> Rendered:
        """The prompt with its placeholders filled; KeyError when a required value is missing."""
        current = self.in_force(name)
        return Rendered(fill(name, current.text, values), current.version)


def load(*names: str) -> Prompts:
    """The prompts as they stand, read at once; of these names alone when some are given."""
    return _read(PROMPTS, names=[*(names or NAMES)])


def kept(rows: Mapping[str, int], *names: str) -> Prompts:
    """These prompts as they were when `Prompts.edited` gave these rows; nothing is read when none
    of them was edited.
    """
    edited = [rows[name] for name in names if name in rows]
    return _read(KEPT_PROMPTS, rows=edited) if edited else Prompts({})


def _read(statement: str, **values: Any) -> Prompts:
    rows = rows_of(statement, **values)
    return Prompts({name: InForce(text, version_label(pk), pk) for pk, name, text in rows})


def render(name: str, **values: str) -> Rendered:
    """One prompt, as `load(name).render(name, …)`; a part that needs several loads them at once."""
    return load(name).render(name, **values)


def quoted_json(value: Any) -> str:
    """A value as JSON that cannot close the mark-up around it, for texts that are data."""
    return json.dumps(value, ensure_ascii=False, indent=1).replace("<", "\\u003c")
