"""A model's text made into an object: what is forgiven, and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.writing.sections import HEADLINE_SCHEMA, SECTION_SCHEMA, TEXTS_SCHEMA
from reports.writing.writers.answers import fault, parsed
from reports.writing.writers.base import BadAnswer
from tests.reports.writers import SCHEMA

GOOD = {"summary": "VN-Index tăng {{vnindex.change|abs}} điểm [[n1]]", "tone": "bullish"}
TEXT = json.dumps(GOOD, ensure_ascii=False)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"\ufeff \n{TEXT}\n",
        f"```json\n{TEXT}\n```",
        f"Đây là kết quả:\n```\n{TEXT}\n```\nChúc một ngày tốt lành.",
        f"As [1] says of {{{{vnindex.close}}}} and [[n1]]: {TEXT} (end)",
        json.dumps(GOOD),
        json.dumps(GOOD, indent=2),
    ],
)
def test_fences_and_prose_around_one_object_are_forgiven(text: str) -> None:
    assert parsed(text, SCHEMA) == GOOD


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no JSON object"),
        ("VN-Index tăng mạnh.", "holds no JSON object"),
        (TEXT[:-8], "holds JSON that breaks off or is malformed"),
        (f"{TEXT}\n{TEXT}", "holds more than one JSON object"),
        (f"[{TEXT}]", "holds a list in place of an object"),
        ('{"summary": "a", "summary": "b", "tone": "neutral"}', "gives a field twice"),
        ('{"summary": NaN, "tone": "neutral"}', "holds a number that JSON does not have"),
        ("{'summary': 'a'}", "holds no JSON object"),
        ("{ " * 200, "holds too many braces to read"),
        ('{"a":' * 100_000, "cannot be read|breaks off"),
    ],
)
def test_all_else_is_a_bad_answer(text: str, reason: str) -> None:
    with pytest.raises(BadAnswer, match=reason):
        parsed(text, SCHEMA)


@pytest.mark.parametrize("text", ["a\x00b", '{"summary": "a\\u0000", "tone": "neutral"}'])
def test_control_characters_go_no_further(text: str) -> None:
    with pytest.raises(BadAnswer, match="control character"):
        parsed(text, SCHEMA)
    with pytest.raises(BadAnswer, match="control character"):
        parsed(text.replace("\\u0000", "\x00"), None)


def test_half_a_character_goes_no_further() -> None:
    with pytest.raises(BadAnswer, match="control character"):
        parsed('{"summary": "\\ud83d", "tone": "neutral"}', SCHEMA)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"summary": None}, "answer.summary: not a string"),
        ({"summary": 3}, "answer.summary: not a string"),
        ({"tone": "BULLISH"}, "answer.tone: not one of bullish, bearish, neutral"),
        ({"summary": "x" * 201}, "answer.summary: is longer than 200 characters"),
        ({"secret figure 1.234": 1}, "answer: has fields that are not asked for"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadAnswer) as told:
        parsed(json.dumps(GOOD | changes), SCHEMA)
    assert str(told.value) == f"answered with JSON that does not fit: {problem}"


@pytest.mark.parametrize(
    ("value", "schema", "problem"),
    [
        ({}, {"type": "object", "required": ["a"]}, "answer.a: absent"),
        ({"a": 1}, {"type": "object", "properties": {"b": {}}}, ""),
        ([1, 2], {"type": "array", "maxItems": 1}, "answer: has more than 1 items"),
        ([], {"type": "array", "minItems": 1}, "answer: has fewer than 1 items"),
        ([1, "a"], {"type": "array", "items": {"type": "integer"}}, "answer[1]: not an integer"),
        (True, {"type": "integer"}, "answer: not an integer"),
        (True, {"enum": [1]}, "answer: not one of 1"),
        (1.5, {"type": ["integer", "null"]}, "answer: not an integer or a null"),
        (None, {"type": ["integer", "null"]}, ""),
        (7, {"type": "number", "maximum": 5}, "answer: not within 7 and 5"),
        ("b", {"const": "a"}, "answer: not one of a"),
        ("", {"type": "string", "minLength": 1}, "answer: is shorter than 1 characters"),
    ],
)
def test_the_check_knows_what_our_prompts_use(value: Any, schema: Any, problem: str) -> None:
    assert fault(value, schema) == problem


def test_a_block_that_fits_no_kind_is_told_by_the_kind_it_claims() -> None:
    block = {"kind": "list", "text": "a"}
    answer = {"blocks": [{"kind": "paragraph", "text": "a"}, block], "figures": []}
    assert fault(answer, SECTION_SCHEMA) == "answer.blocks[1].items: absent"
    block["kind"] = "poem"
    assert fault(answer, SECTION_SCHEMA) == "answer.blocks[1]: fits none of the kinds"


@pytest.mark.parametrize("schema", [SECTION_SCHEMA, HEADLINE_SCHEMA, TEXTS_SCHEMA])
def test_the_schemas_of_our_prompts_are_checked_whole(schema: dict[str, Any]) -> None:
    assert fault([], schema) == "answer: not an object"


def test_a_schema_that_says_more_is_refused() -> None:
    with pytest.raises(ValueError, match="does not know pattern"):
        fault("a", {"type": "string", "pattern": "b"})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_no_answer_breaks_the_check(value: Any) -> None:
    assert isinstance(fault(value, SECTION_SCHEMA), str)


@given(st.text(alphabet='{}[]",:abc \\'))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(BadAnswer):
        parsed(text, SCHEMA)
