"""What the model writers send, and what they make of a good answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from reports.writing.writers import MODEL_WRITERS, WRITERS, model_writer, openai, writer
from reports.writing.writers.base import (
    Answer,
    BadAnswer,
    Citation,
    NotConfigured,
    Prompt,
    Usage,
    WriterRefused,
    WriterUnavailable,
)
from tests.reports.writers import ENDPOINTS, KEY, PLAIN, PROMPT, SCHEMA, reached
from tests.upstreams import Reply, Upstreams
from tests.upstreams.replies import FIXTURES, load

SEARCH = replace(PROMPT, search=True)
PARSED = {"summary": "VN-Index tăng 0,62%", "tone": "bullish"}
NO_ROLE = {"error": {"message": "x", "code": "unsupported_value", "param": "messages[0].role"}}
NO_SCHEMA = {"error": {"message": "'response_format' of type 'json_schema' is not supported"}}
COUNTED = {"gemini": "gemini/200_thoughts", "openai": "openai/200_json_schema"}
NO_LIMIT = {
    "error": {
        "message": "Unsupported parameter: 'max_tokens' is not supported with this model.",
        "code": "unsupported_parameter",
        "param": "max_tokens",
    }
}


@pytest.fixture
def up(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstreams]:
    monkeypatch.setattr(openai, "_dialects", {})
    with Upstreams() as running:
        yield running


def ask(up: Upstreams, name: str, prompt: Prompt, reply: Reply, **changes: Any) -> Answer:
    up.script(ENDPOINTS[name], reply)
    with reached(up, name, **changes) as asked:
        return asked.ask(prompt)


def sent(up: Upstreams, name: str) -> dict[str, Any]:
    """The body of the last call."""
    body: dict[str, Any] = up.calls_to(ENDPOINTS[name])[-1].json()
    return body


def recorded(name: str) -> dict[str, Any]:
    """What the vendor's own library sends."""
    body: dict[str, Any] = json.loads((FIXTURES / f"llm/requests/{name}.json").read_text())["body"]
    return body


def sample(name: str) -> Reply:
    return Reply(fixture=f"llm/{name}.json")


# Gemini


def test_gemini_is_asked_for_json_as_its_own_library_asks(up: Upstreams) -> None:
    answer = ask(up, "gemini", PROMPT, sample("gemini/200_json_schema"), thinking="low")
    body, theirs = sent(up, "gemini"), recorded("gemini3_json_search")["generationConfig"]
    call = up.calls_to("gemini.generate")[0]
    assert call.path == "/gemini/v1beta/models/gemini-3.5-flash:generateContent"
    assert (call.headers["x-goog-api-key"], call.query) == (KEY, {})
    assert body["systemInstruction"] == {"parts": [{"text": PROMPT.system}]}
    assert body["contents"] == [{"role": "user", "parts": [{"text": PROMPT.text}]}]
    options = body["generationConfig"]
    assert options["responseMimeType"] == theirs["responseMimeType"]
    assert options["responseJsonSchema"]["required"] == theirs["responseJsonSchema"]["required"]
    assert options["responseJsonSchema"]["properties"] == theirs["responseJsonSchema"]["properties"]
    assert options["maxOutputTokens"] == 4096
    assert options["thinkingConfig"] == {"thinkingLevel": "LOW"}
    assert {item["threshold"] for item in body["safetySettings"]} == {"BLOCK_ONLY_HIGH"}
    assert "tools" not in body
    assert answer.parsed == PARSED
    assert (answer.finish_reason, answer.model) == ("STOP", "gemini-2.0-flash")
    assert answer.usage == Usage(8, 20)


@pytest.mark.parametrize(
    ("model", "thinking", "config"),
    [
        ("gemini-2.5-pro", "-1", {"thinkingBudget": -1}),
        ("gemini-2.5-flash-lite", "minimal", {"thinkingBudget": 512}),
        ("gemini-3.5-flash", "2048", {"thinkingBudget": 2048}),
        ("models/gemini-3-flash-preview", "low", {"thinkingLevel": "LOW"}),
        ("gemini-3-flash-preview", "auto", None),
        ("gemini-2.0-flash", "1024", None),
    ],
)
def test_thinking_is_told_as_the_model_knows_it(
    up: Upstreams, model: str, thinking: str, config: dict[str, Any] | None
) -> None:
    ask(up, "gemini", PLAIN, sample("gemini/200_thoughts"), model=model, thinking=thinking)
    assert sent(up, "gemini")["generationConfig"].get("thinkingConfig") == config
    assert "/models/gemini-" in up.calls[0].path


def test_an_older_gemini_gets_its_older_schema(up: Upstreams) -> None:
    ask(up, "gemini", PROMPT, sample("gemini/200_json_schema"), model="gemini-2.0-flash")
    theirs = recorded("gemini_response_schema")["generationConfig"]["responseSchema"]
    theirs["propertyOrdering"] = theirs.pop("property_ordering")
    assert sent(up, "gemini")["generationConfig"]["responseSchema"] == theirs


@pytest.mark.parametrize("name", ["gemini", "openai"])
def test_a_count_of_tokens_that_cannot_be_is_none(up: Upstreams, name: str) -> None:
    body = load(f"llm/{COUNTED[name]}.json")["body"]
    used = body["usageMetadata" if name == "gemini" else "usage"]
    used |= {key: 10**30 for key, value in used.items() if isinstance(value, int)}
    usage = ask(up, name, PLAIN, Reply(body=body)).usage
    assert usage.prompt + usage.output + usage.thinking < 1000  # estimated


def test_thoughts_signatures_and_tool_calls_are_no_text(up: Upstreams) -> None:
    answer = ask(up, "gemini", PLAIN, sample("gemini/200_thoughts"))
    assert answer.text == "Kết luận: thị trường đi ngang."
    assert answer.parsed is None
    assert answer.usage == Usage(29, 36, 1001)
    answer = ask(up, "gemini", PROMPT, sample("gemini/200_gemini3_json_plus_search"))
    assert answer.parsed == PARSED
    used = load("llm/gemini/200_gemini3_json_plus_search.json")["body"]["usageMetadata"]
    assert "candidatesTokenCount" not in used
    counted = answer.usage.prompt + answer.usage.output + answer.usage.thinking
    assert counted == used["totalTokenCount"]


def test_a_search_asks_for_no_schema_and_cites_by_the_passage(up: Upstreams) -> None:
    answer = ask(up, "gemini", SEARCH, sample("gemini/200_grounded"), search=True)
    body = sent(up, "gemini")
    assert body["tools"] == recorded("gemini_grounded")["tools"]
    assert not {"responseMimeType", "responseJsonSchema"} & body["generationConfig"].keys()
    assert answer.parsed is None
    assert [(item.text[:12], item.title) for item in answer.citations] == [
        ("VN-Index đón", "cafef.vn"),
        ("VN-Index đón", "vietstock.vn"),
        ("Khối ngoại m", "vietstock.vn"),
        ("🟢 Tâm lý thị", "alternative.me"),
    ]
    assert all(item.text in answer.text for item in answer.citations)
    assert answer.usage.prompt == 1042 + 119  # what the search's results took is a prompt too


def test_a_search_that_cited_nothing_is_an_answer(up: Upstreams) -> None:
    answer = ask(up, "gemini", SEARCH, sample("gemini/200_grounded_no_supports"), search=True)
    assert (answer.citations, answer.text[:8]) == ((), "VN-Index")


def test_a_citation_that_leads_nowhere_is_dropped(up: Upstreams) -> None:
    body = load("llm/gemini/200_grounded.json")["body"]
    grounding = body["candidates"][0]["groundingMetadata"]
    grounding["groundingChunks"][0]["web"]["uri"] = "javascript:alert(1)"
    grounding["groundingChunks"][2] = {"retrievedContext": {"uri": "https://example.org"}}
    first, second, third = grounding["groundingSupports"]
    second["segment"]["text"] = "Khối ngoại bán ròng."  # not what the answer says
    grounding["groundingSupports"] = [first, second, third, None, {"segment": {"text": " "}}]
    answer = ask(up, "gemini", SEARCH, Reply(body=body), search=True)
    assert [item.title for item in answer.citations] == ["vietstock.vn"]


def test_a_search_needs_the_operators_word(up: Upstreams) -> None:
    for name in ("gemini", "openai"):
        with reached(up, name) as asked, pytest.raises(NotConfigured):
            asked.ask(SEARCH)
    assert up.calls == []


# OpenAI and its kin


def test_openai_is_asked_as_its_own_library_asks(
    up: Upstreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai, "HOME", up.url)
    answer = ask(up, "openai", PROMPT, sample("openai/200_json_schema"))
    body, theirs = sent(up, "openai"), recorded("openai_json_schema")
    call = up.calls_to("openai.chat")[0]
    assert call.headers["Authorization"] == f"Bearer {KEY}"
    assert body["max_completion_tokens"] == theirs["max_completion_tokens"]
    ours, wanted = (item["response_format"]["json_schema"] for item in (body, theirs))
    assert (ours["strict"], ours["schema"]) == (wanted["strict"], wanted["schema"])
    assert [item["role"] for item in body["messages"]] == ["system", "user"]
    assert [item["content"] for item in body["messages"]] == [PROMPT.system, PROMPT.text]
    assert answer.parsed == PARSED
    assert (answer.usage, answer.finish_reason) == (Usage(92, 15), "stop")


def test_a_schema_with_optional_fields_is_not_strict(up: Upstreams) -> None:
    loose = replace(PROMPT, schema={**SCHEMA, "required": ["summary"]})
    ask(up, "openai", loose, sample("openai/200_json_schema"))
    assert sent(up, "openai")["response_format"]["json_schema"]["strict"] is False


def test_a_local_server_needs_no_key_and_counts_no_tokens(up: Upstreams) -> None:
    answer = ask(up, "openai", PLAIN, sample("openai/200_minimal_server"), api_key="")
    assert "Authorization" not in up.calls[0].headers
    assert answer.text == "Xin chào"
    assert answer.usage.prompt >= (len(PLAIN.system) + len(PLAIN.text)) // 3
    assert answer.usage.output == 3


def test_a_server_without_schemas_reads_it_in_the_prompt_from_then_on(up: Upstreams) -> None:
    up.script("openai.chat", Reply(400, NO_SCHEMA))
    with reached(up, "openai") as asked:
        with pytest.raises(WriterUnavailable) as told:
            asked.ask(PROMPT)
        assert (told.value.retry_after, told.value.is_free) == (0.0, True)
        up.script("openai.chat", Reply(fixture="llm/openai/200_json_schema.json"))
        assert asked.ask(PROMPT).parsed == PARSED
    with reached(up, "openai") as another:
        assert set(another.ask(PROMPT).parsed) == {"summary", "tone"}
    first, second, third = (call.json() for call in up.calls_to("openai.chat"))
    assert "response_format" in first
    assert "response_format" not in second | third
    assert json.dumps(SCHEMA["properties"]["tone"], ensure_ascii=False) in str(
        second["messages"][-1]["content"]
    )
    assert second["messages"][-1]["content"].startswith(PROMPT.text)


def test_a_server_may_lack_the_system_role_and_name_the_limit_otherwise(up: Upstreams) -> None:
    with reached(up, "openai") as asked:
        for body in (NO_ROLE, NO_LIMIT):
            up.script("openai.chat", Reply(400, body))
            with pytest.raises(WriterUnavailable):
                asked.ask(PLAIN)
        asked.ask(PLAIN)
        last = sent(up, "openai")
        assert last["messages"] == [{"role": "user", "content": f"{PLAIN.system}\n\n{PLAIN.text}"}]
        assert (last["max_completion_tokens"], "max_tokens" in last) == (4096, False)
        up.script("openai.chat", Reply(400, NO_LIMIT))
        with pytest.raises(WriterRefused):
            asked.ask(PLAIN)  # it has been told all there is to leave out


@pytest.mark.parametrize(
    "content",
    [
        '<think>\nHm {"a": 1}\n</think>\n{"summary": "s", "tone": "neutral"}',
        [
            {"type": "text", "text": '{"summary": "s", '},
            {"type": "text", "text": '"tone": "neutral"}'},
        ],
    ],
)
def test_an_answer_in_parts_or_behind_its_thoughts_is_read(up: Upstreams, content: Any) -> None:
    choice = {"message": {"content": content}, "finish_reason": "stop"}
    answer = ask(up, "openai", PROMPT, Reply(body={"choices": [choice]}))
    assert answer.parsed == {"summary": "s", "tone": "neutral"}


def test_openais_citations_count_characters(up: Upstreams) -> None:
    answer = ask(up, "openai", PLAIN, sample("openai/200_url_citation"))
    assert answer.citations == (Citation("Theo Cafe", "https://cafef.vn/x", "CafeF"),)


@pytest.mark.parametrize("name", MODEL_WRITERS)
def test_an_answer_that_does_not_fit_is_a_bad_one_with_its_tokens(up: Upstreams, name: str) -> None:
    narrow = replace(
        PROMPT,
        schema={
            "type": "object",
            "properties": {"other": {"type": "string"}},
            "required": ["other"],
        },
    )
    with pytest.raises(BadAnswer, match=r"does not fit: answer\.other: absent") as told:
        ask(up, name, narrow, sample(f"{name}/200_json_schema"))
    assert told.value.usage is not None
    assert told.value.usage.output in {15, 20}


def test_each_writer_is_of_one_kind(up: Upstreams) -> None:
    assert {*WRITERS} - {*MODEL_WRITERS} == {"analyst"}
    with pytest.raises(KeyError):
        writer("gemini")
    with reached(up, "gemini") as asked, pytest.raises(KeyError):
        model_writer("analyst", asked._client, asked._options)  # type: ignore[attr-defined]
