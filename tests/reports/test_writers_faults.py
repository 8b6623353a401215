"""The retry table: each recorded answer, and the action that it asks for."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from reports.writing.writers import openai
from reports.writing.writers.base import (
    BadAnswer,
    Usage,
    WriterError,
    WriterExhausted,
    WriterRefused,
    WriterUnavailable,
)
from tests.reports.writers import ENDPOINTS, KEY, PLAIN, PROMPT, reached, samples
from tests.upstreams import Reply, Upstreams
from tests.upstreams.replies import load

Row = tuple[type[WriterError], str]

GOOD = {
    "llm/gemini/200_gemini3_json_plus_search.json",
    "llm/gemini/200_grounded.json",
    "llm/gemini/200_grounded_no_supports.json",
    "llm/gemini/200_json_schema.json",
    "llm/gemini/200_thoughts.json",
    "llm/openai/200_json_schema.json",
    "llm/openai/200_minimal_server.json",
    "llm/openai/200_url_citation.json",
}
CUT_OFF = (BadAnswer, "broke off at the limit of length: answer more briefly")
TABLE: dict[str, Row] = {
    "llm/gemini/200_max_tokens_empty.json": CUT_OFF,
    "llm/gemini/200_max_tokens_partial.json": CUT_OFF,
    "llm/gemini/200_prompt_blocked.json": (BadAnswer, "blocked the prompt (SAFETY)"),
    "llm/gemini/200_recitation.json": (BadAnswer, "stopped early (RECITATION)"),
    "llm/gemini/200_safety_candidate.json": (BadAnswer, "stopped early (SAFETY)"),
    "llm/gemini/400_api_key_invalid.json": (
        WriterRefused,
        "refuses the key, status 400 (INVALID_ARGUMENT, API_KEY_INVALID)",
    ),
    "llm/gemini/400_failed_precondition.json": (
        WriterRefused,
        "refuses the request, status 400 (FAILED_PRECONDITION)",
    ),
    "llm/gemini/400_tool_plus_json.json": (
        WriterRefused,
        "refuses the request, status 400 (INVALID_ARGUMENT)",
    ),
    "llm/gemini/400_unknown_field.json": (
        WriterRefused,
        "refuses the request, status 400 (INVALID_ARGUMENT)",
    ),
    "llm/gemini/401_unauthenticated.json": (
        WriterRefused,
        "refuses the key, status 401 (UNAUTHENTICATED, ACCESS_TOKEN_TYPE_UNSUPPORTED)",
    ),
    "llm/gemini/403_leaked.json": (
        WriterRefused,
        "refuses the key, status 403 (PERMISSION_DENIED)",
    ),
    "llm/gemini/403_service_blocked.json": (
        WriterRefused,
        "refuses the key, status 403 (PERMISSION_DENIED, API_KEY_SERVICE_BLOCKED)",
    ),
    "llm/gemini/404_model.json": (
        WriterRefused,
        "does not know the model gemini-3.5-flash at its address, status 404 (NOT_FOUND)",
    ),
    "llm/gemini/429_bare.json": (
        WriterUnavailable,
        "limits the calls per minute, status 429 (RESOURCE_EXHAUSTED)",
    ),
    "llm/gemini/429_per_day.json": (WriterExhausted, "has no quota left today, status 429"),
    "llm/gemini/429_per_minute.json": (
        WriterUnavailable,
        "limits the calls per minute, status 429 (RESOURCE_EXHAUSTED)",
    ),
    "llm/gemini/500_internal.json": (WriterUnavailable, "answered with status 500 (INTERNAL)"),
    "llm/gemini/503_deadline.json": (WriterUnavailable, "answered with status 503 (UNAVAILABLE)"),
    "llm/gemini/503_high_demand.json": (
        WriterUnavailable,
        "answered with status 503 (UNAVAILABLE)",
    ),
    "llm/gemini/504_deadline.json": (
        WriterUnavailable,
        "answered with status 504 (DEADLINE_EXCEEDED)",
    ),
    "llm/openai/200_content_filter.json": (BadAnswer, "stopped early (content_filter)"),
    "llm/openai/200_length.json": CUT_OFF,
    "llm/openai/200_refusal.json": (BadAnswer, "refused to answer"),
    "llm/openai/400_context_length.json": (
        WriterRefused,
        "refuses the request, status 400 (context_length_exceeded, invalid_request_error)",
    ),
    "llm/openai/400_unsupported_value.json": (
        WriterUnavailable,
        "does not know all of the request",
    ),
    "llm/openai/401_invalid_key.json": (
        WriterRefused,
        "refuses the key, status 401 (invalid_api_key, invalid_request_error)",
    ),
    "llm/openai/402_deepseek_balance.json": (
        WriterExhausted,
        "has no balance left, status 402 (invalid_request_error, unknown_error)",
    ),
    "llm/openai/404_model.json": (
        WriterRefused,
        "does not know the model gpt-5-mini at its address, status 404 "
        "(model_not_found, invalid_request_error)",
    ),
    "llm/openai/429_insufficient_quota.json": (
        WriterExhausted,
        "has no balance left, status 429 (insufficient_quota)",
    ),
    "llm/openai/429_openrouter.json": (
        WriterUnavailable,
        "limits the calls per minute, status 429",
    ),
    "llm/openai/429_rate_limit.json": (
        WriterUnavailable,
        "limits the calls per minute, status 429 (rate_limit_exceeded, tokens)",
    ),
    "llm/openai/500_server_error.json": (
        WriterUnavailable,
        "answered with status 500 (server_error)",
    ),
    "llm/openai/503_overloaded.json": (
        WriterUnavailable,
        "answered with status 503 (service_unavailable)",
    ),
}
WAITS = {
    "llm/gemini/429_per_minute.json": 26.0,
    "llm/gemini/429_bare.json": None,
    "llm/gemini/503_high_demand.json": None,
    "llm/openai/400_unsupported_value.json": 0.0,
    "llm/openai/429_openrouter.json": None,
    "llm/openai/429_rate_limit.json": 9.525,
    "llm/openai/503_overloaded.json": 5.0,
}
PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"


@pytest.fixture
def up(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstreams]:
    monkeypatch.setattr(openai, "_dialects", {})
    with Upstreams() as running:
        yield running


def fault(up: Upstreams, name: str, reply: Reply) -> WriterError:
    """How the writer takes a reply that is no answer."""
    up.script(ENDPOINTS[name], reply)
    with reached(up, name) as writer, pytest.raises(WriterError) as caught:
        writer.ask(PLAIN)
    return caught.value


def vendor(path: str) -> str:
    return path.split("/")[1]


def test_the_table_holds_every_recorded_answer() -> None:
    assert TABLE.keys() | GOOD == {*samples("gemini"), *samples("openai")}


@pytest.mark.parametrize("path", TABLE)
def test_a_recorded_fault_asks_for_its_action(up: Upstreams, path: str) -> None:
    kind, reason = TABLE[path]
    error = fault(up, vendor(path), Reply(fixture=path))
    assert (type(error), str(error)) == (kind, reason)
    if isinstance(error, WriterUnavailable):
        assert error.retry_after == WAITS.get(path)
    if isinstance(error, WriterExhausted):
        assert error.is_daily == (path == "llm/gemini/429_per_day.json")
    assert error.is_free == (kind is not BadAnswer)


@pytest.mark.parametrize("path", [path for path, row in TABLE.items() if row[0] is BadAnswer])
def test_a_bad_answer_was_paid_for(up: Upstreams, path: str) -> None:
    assert (fault(up, vendor(path), Reply(fixture=path)).usage or Usage()).prompt > 0


def error(**fields: Any) -> dict[str, Any]:
    return {"error": fields}


OTHERS: list[tuple[str, Reply, Row]] = [
    (
        "gemini",
        Reply(429, error(message="Quota exceeded for x, limit: 0, model: gemini-2.5-pro")),
        (WriterExhausted, "has no quota left today, status 429"),
    ),
    (
        "gemini",
        Reply(429, error(message="Quota exceeded for x, limit: 0.5")),
        (WriterUnavailable, "limits the calls per minute, status 429"),
    ),
    (
        "gemini",
        Reply(429, [error(code=429, status="RESOURCE_EXHAUSTED", message="exhausted")]),
        (WriterUnavailable, "limits the calls per minute, status 429 (RESOURCE_EXHAUSTED)"),
    ),
    (
        "openai",
        Reply(429, error(message="Rate limit reached on requests per day (RPD): Limit 200")),
        (WriterExhausted, "has no quota left today, status 429"),
    ),
    ("gemini", Reply(502, PAGE), (WriterUnavailable, "answered with status 502")),
    ("openai", Reply(403, PAGE), (WriterRefused, "refuses the key, status 403")),
    (
        "openai",
        Reply(404, PAGE),
        (WriterRefused, "does not know the model gpt-5-mini at its address, status 404"),
    ),
    ("gemini", Reply(429, PAGE), (WriterUnavailable, "limits the calls per minute, status 429")),
    ("gemini", Reply(200, PAGE), (WriterUnavailable, "answered with something that is not JSON")),
    (
        "openai",
        Reply(302, "", {"Location": "https://elsewhere.example/"}),
        (WriterRefused, "redirects elsewhere, status 302: check its base address"),
    ),
    (
        "openai",
        Reply(200, error(code=429, message="Provider returned error")),
        (WriterUnavailable, "limits the calls per minute, status 429"),
    ),
    (
        "openai",
        Reply(200, error(code="insufficient_quota", message="pay")),
        (WriterExhausted, "has no balance left, status 402 (insufficient_quota)"),
    ),
    (
        "openai",
        Reply(200, error(code=None, message="odd")),
        (WriterUnavailable, "answered with status 500"),
    ),
    (
        "openai",
        Reply(200, {"error": "overloaded"}),
        (WriterUnavailable, "answered with status 500"),
    ),
    ("openai", Reply(408, ""), (WriterUnavailable, "answered with status 408")),
    ("gemini", Reply(cut=True), (WriterUnavailable, "cut the connection")),
    ("gemini", Reply(body={"a": 1}, cut=True), (WriterUnavailable, "cut the connection")),
    (
        "gemini",
        Reply(body=" " * 300_000),
        (BadAnswer, "answered with more than may be read"),
    ),
]


@pytest.mark.parametrize(("name", "reply", "row"), OTHERS)
def test_what_no_sample_shows_asks_for_its_action(
    up: Upstreams, name: str, reply: Reply, row: Row
) -> None:
    found = fault(up, name, reply)
    assert (type(found), str(found)) == row


def test_a_server_that_is_not_there_costs_nothing_and_a_slow_one_may(up: Upstreams) -> None:
    told = pytest.raises(WriterUnavailable, match="connection failed")
    with reached(up, "gemini", base_url="http://127.0.0.1:9") as writer, told as caught:
        writer.ask(PLAIN)
    assert caught.value.is_free
    assert not fault(up, "gemini", Reply(cut=True)).is_free


CANDIDATE = {"content": {"parts": [{"text": "Xin chào."}]}, "finishReason": "STOP"}
CHOICE = {"message": {"content": "Xin chào."}, "finish_reason": "stop"}
ODD: list[tuple[str, Any]] = [
    ("gemini", {}),
    ("gemini", {"candidates": []}),
    ("gemini", {"candidates": "none"}),
    ("gemini", {"candidates": [None]}),
    ("gemini", {"candidates": [{**CANDIDATE, "content": None}]}),
    ("gemini", {"candidates": [{**CANDIDATE, "content": {"parts": []}}]}),
    ("gemini", {"candidates": [{**CANDIDATE, "content": {"parts": [None, {"text": 3}]}}]}),
    ("gemini", {"candidates": [{**CANDIDATE, "content": {"parts": [{"text": " \n"}]}}]}),
    ("gemini", {"candidates": [{**CANDIDATE, "finishReason": None}]}),
    ("gemini", {"candidates": [{**CANDIDATE, "finishReason": "CONTINUATION"}]}),
    ("gemini", {"candidates": [{**CANDIDATE, "finishReason": {"a": 1}}]}),
    ("gemini", {"candidates": [{"finishReason": "STOP"}], "promptFeedback": 7}),
    ("openai", {}),
    ("openai", {"choices": []}),
    ("openai", {"choices": [None]}),
    ("openai", {"choices": [{**CHOICE, "message": None}]}),
    ("openai", {"choices": [{**CHOICE, "message": {"content": None}}]}),
    ("openai", {"choices": [{**CHOICE, "finish_reason": None}]}),
    ("openai", {"choices": [{**CHOICE, "finish_reason": "tool_calls"}]}),
]


@pytest.mark.parametrize(("name", "body"), ODD)
def test_an_odd_success_is_a_bad_answer(up: Upstreams, name: str, body: Any) -> None:
    assert type(fault(up, name, Reply(body=body))) is BadAnswer


@pytest.mark.parametrize("where", ["message", "status", "code", "type", "reason", "param"])
@pytest.mark.parametrize("path", [*TABLE, *sorted(GOOD)])
def test_a_key_in_a_body_gets_nowhere(
    up: Upstreams, path: str, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the answer: not into the message, the traceback, or a log."""
    caplog.set_level(logging.DEBUG)
    data = load(path)
    planted = json.loads(json.dumps(data["body"]))
    if "error" in planted:
        if where == "reason":
            planted["error"]["details"] = [{"reason": KEY}]
        else:
            planted["error"][where] = KEY if where != "message" else f"Consumer {KEY} suspended."
    else:
        planted = {**planted, "echo": KEY, "modelVersion": KEY, "model": KEY}
    up.script(ENDPOINTS[vendor(path)], Reply(data["_http"]["status"], planted))
    told = ""
    with reached(up, vendor(path)) as writer:
        try:
            told = repr(writer.ask(PROMPT))
        except WriterError as error:
            told = "".join(traceback.format_exception(error)) + repr(vars(error))
    assert KEY not in told
    assert KEY not in caplog.text
    sent = up.calls_to(ENDPOINTS[vendor(path)])[0]
    assert KEY not in sent.path + str(sent.query)


def test_a_key_of_letters_alone_is_no_code_either(up: Upstreams) -> None:
    up.script("gemini.generate", Reply(403, error(status="SECRETKEY", message="no")))
    with reached(up, "gemini", api_key="SECRETKEY") as writer, pytest.raises(WriterRefused) as told:
        writer.ask(PLAIN)
    assert str(told.value) == "refuses the key, status 403"


def test_a_key_that_no_header_holds_is_refused_unsent(up: Upstreams) -> None:
    with reached(up, "openai", api_key="khóa") as writer, pytest.raises(WriterRefused) as told:
        writer.ask(PLAIN)
    assert "khóa" not in str(told.value)
    assert up.calls == []
