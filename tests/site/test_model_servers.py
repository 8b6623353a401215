"""The local model servers answer of themselves as a fair model would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from market.history import backfill
from market.overview import refresh_overview
from market.refresh import refresh_indices
from reports import facts
from reports.document import citations, references, texts_of
from reports.facts import FactSheet
from reports.models import Run
from reports.writing import prompts
from reports.writing.prompts.facts import facts_block
from reports.writing.research import Item, quoted
from reports.writing.sections import (
    FILLED,
    HEADLINE,
    TEXTS_SCHEMA,
    filling,
    omission,
    schema_of,
)
from reports.writing.steps import prepare_data
from reports.writing.verification import translation_fault, verify_text
from reports.writing.writers.answers import parsed
from tests.upstreams import Reply, Upstreams

COMMON = {"research": "", "previous": "", "edition": "close", "headings": "", "written": ""}


@pytest.fixture
def up() -> Iterator[Upstreams]:
    with Upstreams() as running:
        yield running


def gemini(up: Upstreams, text: str, schema: Any = None, **body: Any) -> dict[str, Any]:
    answer = requests.post(
        f"{up.environment['GEMINI_BASE_URL']}/models/gemini-2.5-flash:generateContent",
        headers={"x-goog-api-key": "k"},
        json={
            "contents": [{"parts": [{"text": text}]}],
            "generationConfig": {"responseJsonSchema": schema} if schema else {},
        }
        | body,
        timeout=10,
    )
    found: dict[str, Any] = answer.json()
    return found


def openai(up: Upstreams, text: str, **body: Any) -> dict[str, Any]:
    answer = requests.post(
        f"{up.environment['OPENAI_BASE_URL']}/chat/completions",
        json={"model": "m", "messages": [{"role": "user", "content": text}]} | body,
        timeout=10,
    )
    found: dict[str, Any] = answer.json()
    return found


def said(answer: dict[str, Any]) -> str:
    if "choices" in answer:
        return str(answer["choices"][0]["message"]["content"])
    return str(answer["candidates"][0]["content"]["parts"][-1]["text"])


@pytest.fixture
def sheet(db: None, upstreams: Upstreams) -> FactSheet:
    refresh_indices()
    refresh_overview()
    backfill()
    return facts.from_json(prepare_data.run(Run()))


def asked(place: str, sheet: FactSheet) -> str:
    values = COMMON | {"facts": facts_block(sheet)}
    return prompts.render(place, **values).text


@pytest.mark.parametrize("place", [*(name for name in FILLED if name != "news"), HEADLINE])
def test_a_place_is_filled_with_prose_that_passes_every_check(
    upstreams: Upstreams, sheet: FactSheet, place: str
) -> None:
    text, schema = asked(place, sheet), schema_of(place)
    named = {"type": "json_schema", "json_schema": {"schema": schema}}
    for answer in (gemini(upstreams, text, schema), openai(upstreams, text, response_format=named)):
        filled = filling(place, parsed(said(answer), schema))
        texts = [block.text for block in filled.blocks] or [filled.title, filled.standfirst]
        assert all(references(item) for item in texts)
        for item in texts:
            found = verify_text(item, sheet, (), (), "vi", place)
            assert found
            assert [check for check in found if not check.passed] == []


def test_news_cites_the_items_that_it_was_given(upstreams: Upstreams, sheet: FactSheet) -> None:
    items = [Item(f"n{at}", "Tin", "", f"https://a.example/{at}", "a", None) for at in (1, 2)]
    values = COMMON | {"facts": facts_block(sheet), "research": quoted(items)}
    schema = schema_of("news")
    answer = gemini(upstreams, prompts.render("news", **values).text, schema)
    filled = filling("news", parsed(said(answer), schema))
    assert omission("news", filled, "vnindex") is None
    assert [name for text in texts_of(filled.blocks) for name in citations(text)] == ["n1", "n2"]


def test_its_translation_keeps_every_claim(upstreams: Upstreams, sheet: FactSheet) -> None:
    schema = schema_of("indices")
    written = json.loads(said(gemini(upstreams, asked("indices", sheet), schema)))
    texts = [block["text"] for block in written["blocks"]]
    text = prompts.render("translate", texts=prompts.quoted_json({"texts": texts})).text
    translated = json.loads(said(gemini(upstreams, text, TEXTS_SCHEMA)))["texts"]
    assert len(texts) == len(translated) > 1
    for vietnamese, english in zip(texts, translated, strict=True):
        assert translation_fault(vietnamese, english, sheet) is None
        assert "In short" not in english


def test_a_text_of_other_hands_is_glossed_with_its_references(up: Upstreams) -> None:
    texts = ["Chỉ số VN-Index tăng mạnh {{vnindex.change|abs}} [[n1]]. Hết."]
    answer = gemini(up, json.dumps({"texts": texts}), TEXTS_SCHEMA)
    (text,) = json.loads(said(answer))["texts"]
    assert text.startswith("In short: VN-Index rose {{vnindex.change|abs}} [[n1]].")


def test_the_schema_may_stand_in_the_prompt(up: Upstreams) -> None:
    schema = json.dumps(schema_of(HEADLINE))
    answer = json.loads(said(openai(up, f"vn30.close | 3\nvn30.change | -2\n{schema}")))
    assert answer["title"] == "VN30 đóng cửa ở {{vn30.close}} điểm"
    assert parsed(json.dumps(answer), schema_of(HEADLINE)) == answer


@pytest.mark.parametrize("size", [100_000, 4_000_000])
def test_an_answer_is_made_larger_on_demand(up: Upstreams, size: int) -> None:
    for name in ("gemini.generate", "openai.chat"):
        up.always(name, Reply(pad=size))
    for answer in (gemini(up, "x"), openai(up, "x")):
        assert size < len(json.dumps(answer)) < size + 2000
        assert len(said(answer)) < 200


def test_a_search_is_grounded_and_takes_no_schema_beside_it(up: Upstreams) -> None:
    tools = [{"googleSearch": {}}]
    assert "groundingMetadata" in gemini(up, "x", tools=tools)["candidates"][0]
    assert gemini(up, "x", {"type": "object"}, tools=tools)["error"]["code"] == 400


@pytest.mark.parametrize(
    ("scenario", "statuses"), [("blocked", (403, 401)), ("down", (503, 503)), ("empty", (200, 200))]
)
def test_the_scenarios_are_theirs_too(
    up: Upstreams, scenario: str, statuses: tuple[int, int]
) -> None:
    up.scenario = scenario
    codes = [gemini(up, "x").get("error", {}).get("code", 200)]
    answer = openai(up, "x")
    if scenario == "empty":
        assert answer["choices"][0]["finish_reason"] == "content_filter"
    assert codes == [statuses[0]]
    assert ("error" in answer) == (statuses[1] != 200)
