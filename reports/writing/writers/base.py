"""What every writer takes and gives back. Plain values, no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from reports.document import Document
from reports.facts import FactSheet


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call; thinking is billed as output."""

    prompt: int = 0
    output: int = 0
    thinking: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt + other.prompt,
            self.output + other.output,
            self.thinking + other.thinking,
        )


class WriterError(Exception):
    """A writer gave nothing usable; the message is one sentence, free of secrets.

    `usage` is what the call took, None when nobody knows; `is_free` says that it surely took
    nothing.
    """

    usage: Usage | None = None
    is_free = False


class NotConfigured(WriterError):
    """A writer without a key, or asked for what it cannot do: nothing was asked, nothing failed."""

    is_free = True


class WriterUnavailable(WriterError):
    """Trouble that may pass: a 5xx, a time-out, a cut connection, a limit per minute.

    `retry_after` in seconds when the server named it.
    """

    def __init__(
        self, reason: str, retry_after: float | None = None, is_free: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.is_free = is_free


class WriterResting(WriterUnavailable):
    """It failed a moment ago and is left alone for a while: nothing was asked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, is_free=True)


class WriterExhausted(WriterError):
    """The day's quota (`is_daily`) or the balance is used up: nothing to ask before its reset."""

    is_free = True

    def __init__(self, reason: str, is_daily: bool = False) -> None:
        super().__init__(reason)
        self.is_daily = is_daily


class WriterRefused(WriterError):
    """A refused key, a suspended project, an unknown model, a bad request: for the operator."""

    is_free = True


class BadAnswer(WriterError):
    """Empty, blocked, cut off, or not what was asked for: worth another try.

    `problem` is what the model is told. It may quote the answer, which the message never does.
    """

    def __init__(self, reason: str, usage: Usage | None = None, problem: str = "") -> None:
        super().__init__(reason)
        self.usage = usage
        self.problem = problem or reason


class BudgetReached(WriterError):
    """A cap on tokens, cost or calls forbids the next call."""


class NoWriter(WriterError):
    """None of a run's writers can be asked for now, and another attempt soon would change nothing.

    The message names each with its reason.
    """


# What another attempt in a few seconds would meet again.
LASTING = (NotConfigured, WriterResting, WriterExhausted, WriterRefused, BudgetReached)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question to a model.

    `schema` is the JSON Schema of the answer, None for plain text; `max_tokens` has room for the
    model's thinking too. With `search` the model looks the web up and answers in text, whatever the
    schema. `purpose` says in a few words of ours what the answer is for.
    """

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
class Answer:
    """`parsed` fits the prompt's schema; None without one."""

    text: str
    parsed: Any
    citations: tuple[Citation, ...]
    usage: Usage
    finish_reason: str
    model: str


@dataclass(frozen=True, slots=True)
class Options:
    """How a model is reached. `thinking` and `search` are for models that know them.

    `thinking` is a number of tokens, a level by name, or "auto" for the model's own choice.
    """

    api_key: str
    model: str
    base_url: str
    thinking: str = "auto"
    search: bool = False


class ModelWriter(Protocol):
    """One language model behind one address; raises WriterError children."""

    name: str
    model: str

    def ask(self, prompt: Prompt) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Brief:
    """What a report is to be about: the facts, those on the last report among them, the edition."""

    sheet: FactSheet
    edition: str


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
