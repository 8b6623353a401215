"""Answers with any one place mangled: an answer or a WriterError comes of it, never a fault."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from market.http import HttpClient, Response
from reports.writing.writers import model_writer, openai
from reports.writing.writers.base import Answer, Options, WriterError
from tests.reports.writers import KEY, PLAIN, samples
from tests.upstreams.replies import load

ODD: tuple[Any, ...] = (None, True, -7, 2**70, 0.5, "", "429", KEY, [], [None], {}, {"a": []})


class Replaying(HttpClient):
    """A client whose next answer is `body`."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.body: Any = None

    def exchange(self, *_args: Any, **_options: Any) -> Response:
        return Response(self.status, {}, json.dumps(self.body).encode())


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Each place in a JSON value, the whole first."""
    yield path
    if isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, inner in steps:
            yield from places(inner, (*path, step))


def mangled(body: Any) -> Iterator[Any]:
    for path in places(body):
        for odd in (*ODD, ...):
            whole = {"root": copy.deepcopy(body)}
            holder: Any = whole
            *steps, last = ("root", *path)
            for step in steps:
                holder = holder[step]
            if odd is ...:
                del holder[last]
            else:
                holder[last] = odd
            yield whole.get("root")


@pytest.mark.parametrize("path", [*samples("gemini"), *samples("openai")])
def test_one_mangled_place_breaks_nothing(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "_dialects", {})
    data, name = load(path), path.split("/")[1]
    client = Replaying(data["_http"]["status"])
    options = Options(KEY, "m", "https://api.example.com", search=True)
    writer = model_writer(name, client, options)
    prompt = replace(PLAIN, search=name == "gemini")
    count = 0
    for client.body in mangled(data["body"]):
        count += 1
        try:
            answer = writer.ask(prompt)
        except WriterError as error:
            told = f"{error} {error.usage}"
        else:
            assert isinstance(answer, Answer)
            assert answer.text.strip()
            told = repr(replace(answer, text="", citations=()))
        assert KEY not in told
    assert count > 40
