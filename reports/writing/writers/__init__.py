"""The writers by name. A new one is a file here and a line in the table below.

A complete writer makes a whole report by itself; a model answers prompts. Classes are named, not
imported: a process that writes nothing loads none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from market.http import HttpClient
    from reports.writing.writers.base import ModelWriter, Options, Writer


@dataclass(frozen=True, slots=True)
class Entry:
    """A writer's class; for a model its usual address and name too.

    `keyless` is for a model that may stand on a server of one's own, which asks for no key.
    `day_zone` is where its quotas begin a new day at midnight.
    """

    path: str
    base_url: str = ""
    model: str = ""
    keyless: bool = False
    day_zone: str = "UTC"

    @property
    def is_model(self) -> bool:
        return bool(self.base_url)


WRITERS = {
    "gemini": Entry(
        "reports.writing.writers.gemini.Gemini",
        "https://generativelanguage.googleapis.com/v1beta",
        "gemini-3.5-flash",
        day_zone="America/Los_Angeles",
    ),
    "openai": Entry(
        "reports.writing.writers.openai.OpenAI",
        "https://api.openai.com/v1",
        "gpt-5-mini",
        keyless=True,
    ),
    "analyst": Entry("reports.writing.writers.analyst.Analyst"),
}
MODEL_WRITERS = tuple(name for name, entry in WRITERS.items() if entry.is_model)


def writer(name: str) -> Writer:
    """The complete writer `name`; KeyError for a name that is not registered as one."""
    if WRITERS[name].is_model:
        raise KeyError(name)
    found: Writer = _class(name)()
    return found


def model_writer(name: str, client: HttpClient, options: Options) -> ModelWriter:
    """The model `name`, ready to ask; KeyError for a name that is not registered as one."""
    if not WRITERS[name].is_model:
        raise KeyError(name)
    found: ModelWriter = _class(name)(client, options)
    return found


def _class(name: str) -> Any:
    module, _, class_name = WRITERS[name].path.rpartition(".")
    return getattr(import_module(module), class_name)
