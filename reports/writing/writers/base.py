"""What every writer takes and gives back. Plain values, no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from reports.document import Document
from reports.facts import FactSheet


class WriterError(Exception):
    """A writer gave nothing usable; the message is one sentence, free of secrets."""


class WriterUnavailable(WriterError):
    """Trouble that may pass: a 5xx, a time-out, a cut connection, a limit per minute.

    `retry_after` in seconds when the server named it.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class WriterExhausted(WriterError):
    """The day's quota or the balance is used up: nothing to ask before its reset."""


class WriterRefused(WriterError):
    """A refused key, a suspended project, an unknown model, a bad request: the operator must act."""


class BadAnswer(WriterError):
    """Empty, blocked, cut off, or not what was asked for: worth another try."""


class BudgetReached(WriterError):
    """A cap on tokens, cost or calls forbids the next call."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question to a model. `schema` is the JSON Schema of the answer, None for plain text."""

    system: str
    text: str
    schema: Mapping[str, Any] | None = None
    max_tokens: int = 4096
    search: bool = False
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage of an answer, and the page that it rests on."""

    text: str
    url: str
    title: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call; thinking is billed as output."""

    prompt: int = 0
    output: int = 0
    thinking: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    parsed: Any
    citations: tuple[Citation, ...]
    usage: Usage
    finish_reason: str
    model: str


class ModelWriter(Protocol):
    """One language model behind one address; raises WriterError children."""

    name: str
    model: str

    def ask(self, prompt: Prompt) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Brief:
    """What a report is to be about: the facts, the edition, and the last report's facts."""

    sheet: FactSheet
    edition: str
    previous: FactSheet | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """One report in both languages, with the name of the writer that made it."""

    vi: Document
    en: Document
    writer: str


class Writer(Protocol):
    """Writes a whole report from a brief; raises WriterError."""

    name: str

    def write(self, brief: Brief) -> Draft: ...
