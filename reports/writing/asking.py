"""Ask a model until it has answered well, or until asking on is of no use.

What passes is waited for, within a time budget: a limit per minute as long as the server says, all
else with a growing pause. A bad answer is asked for again, twice at most, and the model is told
what was wrong with it. A used-up quota or a refused key ends the writer at once: its breaker keeps
every process from asking. Prompts, answers and keys are never logged.
"""

from __future__ import annotations

import logging
import os
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from django.conf import settings

from market.breaker import FAILURES_TO_OPEN, Breaker
from market.http import HttpClient
from marketsite import clock
from reports.writing.writer_states import (
    is_configured,
    options,
    record_failure,
    record_success,
    refuse_resting,
)
from reports.writing.writers import model_writer
from reports.writing.writers.base import (
    Answer,
    BadAnswer,
    ModelWriter,
    NotConfigured,
    Prompt,
    Usage,
    WriterError,
    WriterUnavailable,
)

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
KEPT_SECONDS = 60.0  # later a router on the way may have forgotten the connection, and tell nobody
REASKS = 2
MOST_WAITS = 5
# A new call begins within so many time-outs of one call; the last may then take one more.
BUDGET_TIMEOUTS = 2
SLICE_SECONDS = 5.0  # how long a cancelled run may go on waiting
LONGEST_PROBLEM = 2000
FENCE = re.compile(r"[`~]{3,}")

Check = Callable[[Answer], str | None]


class Spends(Protocol):
    """A budget: counts each call before it is made, and corrects the count afterwards."""

    def reserve(self, writer: str, model: str, prompt: Prompt) -> Any: ...
    def settle(self, reservation: Any, usage: Usage | None) -> None: ...
    def release(self, reservation: Any) -> None: ...


def ask(
    name: str,
    prompt: Prompt,
    *,
    check: Check | None = None,
    before_call: Callable[[], None] | None = None,
    while_waiting: Callable[[], None] | None = None,
    spender: Spends | None = None,
    sleep: Callable[[float], None] = time.sleep,
    timer: Callable[[], float] = time.monotonic,
) -> Answer:
    """The answer of a model writer; its usage is that of all calls it took.

    `check` tells what is wrong with an answer that fits its schema. `before_call` runs before each
    call and while waiting, `while_waiting` then alone; what they raise, and what the spender does,
    passes through. Raises WriterError children otherwise, NotConfigured among them.
    """
    if not is_configured(name):
        raise NotConfigured("has no key")
    known = refuse_resting(name, clock.now())
    with _line as http:
        model = model_writer(name, http, options(name))
        patience = _Patience(before_call or _nothing, while_waiting or _nothing, sleep, timer)
        return _Conversation(name, model, patience, spender, known).answer(prompt, check)


class _Line(threading.local):
    """The thread's client for models: questions that follow each other share its connection."""

    _client: HttpClient | None = None
    _made_for: tuple[object, ...] = ()
    _used = 0.0

    def __enter__(self) -> HttpClient:
        limits = (CONNECT_SECONDS, settings.LLM_TOTAL_SECONDS, settings.LLM_MAX_BYTES, 0)
        made_for = (os.getpid(), *limits)
        if self._client and (
            made_for != self._made_for or time.monotonic() > self._used + KEPT_SECONDS
        ):
            self._client.close()
            self._client = None
        if self._client is None:
            self._client, self._made_for = HttpClient(*limits), made_for
        return self._client

    def __exit__(self, *_raised: object) -> None:
        self._used = time.monotonic()


_line = _Line()


class _Patience:
    """How long one question may take, waits included."""

    def __init__(
        self,
        before_call: Callable[[], None],
        while_waiting: Callable[[], None],
        sleep: Callable[[float], None],
        timer: Callable[[], float],
    ) -> None:
        self.before_call = before_call
        self._while_waiting = while_waiting
        self._sleep = sleep
        self._timer = timer
        self._end = timer() + BUDGET_TIMEOUTS * settings.LLM_TOTAL_SECONDS
        self._failures = 0
        self._waits = 0

    def allows(self, seconds: float = 0.0) -> bool:
        """Whether a call may still begin after a wait."""
        return self._timer() + seconds < self._end

    def pause_after(self, error: WriterUnavailable) -> float | None:
        """How long to wait before the next call; None to give up."""
        self._waits += 1
        wait = error.retry_after
        if wait is None:
            self._failures += 1
            wait = settings.LLM_RETRY_SECONDS * 2 ** (self._failures - 1)
            wait *= random.uniform(0.5, 1.5)  # noqa: S311 (spreads processes, hides nothing)
        worn_out = self._failures >= FAILURES_TO_OPEN or self._waits > MOST_WAITS
        return None if worn_out or not self.allows(wait) else wait

    def wait(self, seconds: float) -> None:
        """Wait in slices, so that a cancelled run stops soon."""
        while seconds > 0:
            self._sleep(min(seconds, SLICE_SECONDS))
            seconds -= SLICE_SECONDS
            if seconds > 0:
                self.before_call()
                self._while_waiting()


class _Conversation:
    """One question to one model, with all the calls that it takes."""

    def __init__(
        self,
        name: str,
        model: ModelWriter,
        patience: _Patience,
        spender: Spends | None,
        known: Breaker,
    ) -> None:
        self._name = name
        self._model = model
        self._patience = patience
        self._spender = spender
        self._known: Breaker | None = known  # until something fails
        self._usage = Usage()

    def answer(self, prompt: Prompt, check: Check | None) -> Answer:
        asked = prompt
        for asks in range(REASKS + 1):
            try:
                answer = self._reached(asked)
                _pass(answer, check)
            except BadAnswer as error:
                if asks == REASKS or not self._patience.allows():
                    record_failure(self._name, error, clock.now())
                    error.usage = self._usage
                    raise
                asked = replace(prompt, text=f"{prompt.text}\n\n{_note(error.problem)}")
            else:
                return replace(answer, usage=self._usage)
        raise AssertionError("unreachable")

    def _reached(self, prompt: Prompt) -> Answer:
        """The first answer that comes, after waits where they help."""
        while True:
            try:
                return self._call(prompt)
            except WriterUnavailable as error:
                pause = self._patience.pause_after(error)
                limited = error.retry_after is not None
                rests = (not limited or pause is None) and self._record(error)
                if rests or pause is None:
                    raise
            self._patience.wait(pause)

    def _call(self, prompt: Prompt) -> Answer:
        self._patience.before_call()
        reservation = None
        if self._spender:
            reservation = self._spender.reserve(self._name, self._model.model, prompt)
        began = time.monotonic()
        try:
            answer = self._model.ask(prompt)
        except WriterError as error:
            self._settle(reservation, error.usage, error.is_free)
            self._log_failure(prompt, error)
            if not isinstance(error, BadAnswer | WriterUnavailable | NotConfigured):
                self._record(error)
            raise
        self._settle(reservation, answer.usage)
        record_success(self._name, clock.now(), self._known)
        self._log_answer(prompt, answer.usage, time.monotonic() - began)
        return answer

    def _record(self, error: WriterError) -> bool:
        self._known = None
        return record_failure(self._name, error, clock.now())

    def _settle(self, reservation: Any, usage: Usage | None, is_free: bool = False) -> None:
        self._usage += usage or Usage()
        if self._spender is None:
            return
        if is_free:
            self._spender.release(reservation)
        else:
            self._spender.settle(reservation, usage)

    def _log_failure(self, prompt: Prompt, error: WriterError) -> None:
        logger.warning(
            "writer failed writer=%s model=%s purpose=%s kind=%s reason=%s",
            self._name,
            self._model.model,
            prompt.purpose,
            type(error).__name__,
            error,
        )

    def _log_answer(self, prompt: Prompt, usage: Usage, seconds: float) -> None:
        logger.info(
            "writer answered writer=%s model=%s purpose=%s prompt_tokens=%d output_tokens=%d "
            "thinking_tokens=%d seconds=%.1f",
            self._name,
            self._model.model,
            prompt.purpose,
            usage.prompt,
            usage.output,
            usage.thinking,
            seconds,
        )


def _pass(answer: Answer, check: Check | None) -> None:
    problem = check(answer) if check else None
    if problem:
        raise BadAnswer("gave an answer that does not pass the check", answer.usage, problem)


def _note(problem: str) -> str:
    """What the model is told; the problem may quote its answer, and stays inside its fence."""
    inside = FENCE.sub("", problem)[:LONGEST_PROBLEM]
    return (
        "Your last answer to this could not be used. What was wrong:\n"
        f"~~~\n{inside}\n~~~\n"
        "Answer again, in full and in the form that was asked for."
    )


def _nothing() -> None:
    pass
