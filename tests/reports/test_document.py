"""The document: strict in both directions, and no figure but by reference."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reports.document import (
    Callout,
    Document,
    DocumentError,
    Evidence,
    Figure,
    ListBlock,
    Paragraph,
    Reference,
    Scenario,
    Scenarios,
    Section,
    Table,
    bare_digits,
    faults,
    from_json,
    references,
    texts,
    to_json,
)

WHOLE = Document(
    "VN-Index tăng {{vnindex.change|abs}} điểm",
    "Cả năm chỉ số cùng tăng.",
    (
        Section(
            "what-happened",
            "Diễn biến chính",
            (
                Paragraph("VN-Index ở {{vnindex.close}}."),
                ListBlock(("một", "hai")),
                Callout("Điều gì?", "Nếu … thì"),
                Figure("history", "vnindex", "VN-Index, 120 phiên", "Điểm"),
                Table("", ("Chỉ số", "Điểm"), (("VN30", "{{vn30.close}}"),), ("up",)),
            ),
        ),
        Section(
            "numbers",
            "Số liệu",
            (Scenarios((Scenario("Bứt phá", "{{vnindex.p_above}}", "Trên"),)), Evidence()),
        ),
    ),
)


def with_blocks(*blocks: Any) -> dict[str, Any]:
    section = {"id": "a", "title": "A", "blocks": list(blocks)}
    return {"title": "T", "standfirst": "S", "sections": [section]}


def test_json_gives_the_same_document_back() -> None:
    assert from_json(json.loads(json.dumps(to_json(WHOLE)))) == WHOLE


def test_texts_come_in_reading_order_and_miss_none() -> None:
    found = list(texts(WHOLE))
    assert found[:3] == [WHOLE.title, WHOLE.standfirst, "Diễn biến chính"]
    assert {"một", "{{vn30.close}}", "Nếu … thì", "{{vnindex.p_above}}", "Trên"} <= set(found)


PARAGRAPH = {"kind": "paragraph", "text": "x"}
TABLE = {"kind": "table", "caption": "", "columns": ["a"], "rows": [["x"]], "directions": []}
FIGURE = {"kind": "figure", "chart": "moves", "subject": "all", "caption": "c", "note": "n"}
CHANCE = {"name": "a", "probability": "{{vnindex.p_above}}", "rule": "b"}


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ("text", "kind"),
        ({"text": "x"}, "kind"),
        ({"kind": "html", "text": "<b>"}, "kind"),
        ({"kind": ["paragraph"], "text": "x"}, "kind"),
        (PARAGRAPH | {"style": "x"}, "blocks[0]"),
        ({"kind": "paragraph"}, "blocks[0]"),
        (PARAGRAPH | {"text": 7}, "text"),
        (PARAGRAPH | {"text": "x" * 4001}, "text"),
        (PARAGRAPH | {"text": "a\x00b"}, "text"),
        (PARAGRAPH | {"text": "\ud800"}, "text"),
        ({"kind": "list", "items": "abc"}, "items"),
        ({"kind": "list", "items": ["x"] * 401}, "items"),
        (TABLE | {"columns": [], "rows": [[]]}, "columns"),
        (TABLE | {"rows": [["x", "y"]]}, "rows"),
        (TABLE | {"directions": ["up", "up"]}, "directions"),
        (TABLE | {"directions": ["sideways"]}, "directions[0]"),
        (TABLE | {"directions": [["up"]]}, "directions[0]"),
        (FIGURE | {"chart": "pie"}, "chart"),
        (FIGURE | {"chart": ["moves"]}, "chart"),
        ({"kind": "scenarios", "items": [CHANCE | {"probability": "70%"}]}, "probability"),
        ({"kind": "evidence", "rows": []}, "blocks[0]"),
    ],
)
def test_what_is_no_document_is_refused_with_its_place(block: Any, path: str) -> None:
    with pytest.raises(DocumentError) as refusal:
        from_json(with_blocks(block))
    place = str(refusal.value).partition(": ")[0]
    assert place.startswith("sections[0].blocks[0]")
    assert path in place


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"title": " "}, "title"),
        ({"standfirst": ""}, "standfirst"),
        ({"author": "x"}, "document"),
        ({"sections": {}}, "sections"),
        ({"sections": [{"id": "A b", "title": "x", "blocks": []}]}, "sections[0].id"),
        ({"sections": [{"id": "n-close", "title": "x", "blocks": []}]}, "sections[0].id"),
        ({"sections": [{"id": "a", "title": "", "blocks": []}]}, "sections[0].title"),
        ({"sections": [{"id": "a", "title": "x", "blocks": []}] * 2}, "sections[1].id"),
    ],
)
def test_a_faulty_frame_is_refused_with_its_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(DocumentError, match=f"^{place.replace('[', chr(92) + '[')}:"):
        from_json(with_blocks() | changes)


@pytest.mark.parametrize("data", [None, [], "x", 3, {}])
def test_other_json_is_refused(data: Any) -> None:
    with pytest.raises(DocumentError):
        from_json(data)


def test_references_keep_their_order_and_style() -> None:
    found = references("{{a.b}} {{c.d_2|signed}} {{e.f|abs}} {{no}} {{x.y|loud}}")
    assert found == [Reference("a.b"), Reference("c.d_2", "signed"), Reference("e.f", "abs")]
    assert [str(item) for item in found] == ["{{a.b}}", "{{c.d_2|signed}}", "{{e.f|abs}}"]


@pytest.mark.parametrize(
    "text",
    [
        "VN-Index tăng {{vnindex.change|abs}} điểm so với 20 phiên trước",
        "MA20, RSI 14, RSI (14) và SMA200 của VN30, HNX30 và VN30-Index",
        "đỉnh 52 tuần, 20-session average, the 52-week high, 14\u00a0phiên",
        "phiên 21/8, ngày 21/8/2026, lúc 15h10, 15:10 (GMT+7)",
        "On 21 August 2026 at 15:10 ICT",
    ],
)
def test_names_periods_and_dates_are_no_bare_figures(text: str) -> None:
    assert bare_digits(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("đóng cửa ở 1.768,12 điểm", ["1.768,12"]),
        ("tăng 1,95%", ["1,95"]),
        ("241 mã tăng", ["241"]),
        ("82 stocks fell", ["82"]),
        ("34/34 số liệu", ["34", "34"]),
        ("ngày 32/8, lúc 25h00, 12:75", ["32", "8,", "25", "00,", "12", "75"]),
        ("1.768 phiên", ["1."]),
        ("{{vnindex.close}} hay 1770", ["1770"]),
    ],
)
def test_a_figure_written_out_is_found(text: str, found: list[str]) -> None:
    assert bare_digits(text) == found


def test_faults_name_unknown_facts_broken_references_and_bare_figures() -> None:
    document = Document("{{vnindex.close}}", "{{vnindex.gap}} {{vnindex.close|loud}} 12", ())
    found = faults(document, {"vnindex.close": 1})
    assert [fault.split(" ")[0] for fault in found] == ["unknown", "broken", "bare"]
    assert faults(WHOLE, dict.fromkeys(["vnindex.change", "vnindex.close"])) != []
    known = ("vnindex.change", "vnindex.close", "vn30.close", "vnindex.p_above")
    assert faults(WHOLE, dict.fromkeys(known)) == []
