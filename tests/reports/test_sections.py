"""The places that a model fills: what it may answer, where that stands, what is translated."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.document import (
    Callout,
    Document,
    DocumentError,
    Evidence,
    Figure,
    ListBlock,
    Paragraph,
    Scenario,
    Scenarios,
    Section,
    Source,
    Sources,
    Table,
    from_json,
    to_json,
)
from reports.writing import sections
from reports.writing.research import Item
from reports.writing.sections import HEADLINE, Filling, assemble, filling, places
from reports.writing.verification import Declared
from reports.writing.writers.answers import parsed

CHART = Figure("history", "vnindex", "VN-Index", "Điểm")
TABLE = Table("", ("Chỉ số", "Điểm"), (("VN30", "{{vn30.close}}"),))
CHANCES = Scenarios((Scenario("Lên", "{{vnindex.p_above}}", "Trên"),))
SKELETON = Document(
    "Tiêu đề",
    "Sapo.",
    (
        Section("what-happened", "Diễn biến", (Paragraph("Cũ."), CHART, Paragraph("Cũ nữa."))),
        Section("indices", "Các chỉ số", (TABLE, Paragraph("Ai dẫn đầu."))),
        Section("scenarios", "Kịch bản", (CHANCES, Paragraph("Cách đếm."))),
        Section("numbers", "Số liệu", (Evidence(),)),
    ),
)
ENGLISH = Document(
    "Title",
    "Standfirst.",
    (
        Section("what-happened", "What happened", (Paragraph("Old."), CHART, Paragraph("Older."))),
        Section("indices", "The indices", (TABLE, Paragraph("Who led."))),
        Section("scenarios", "Scenarios", (CHANCES, Paragraph("How it was counted."))),
        Section("numbers", "The numbers", (Evidence(),)),
    ),
)
WRITTEN = Filling(blocks=(Paragraph("Một."), ListBlock(("hai", "ba")), Callout("Bốn", "Năm")))
ITEM = Item("n2", "Tin", "", "https://news.example/2", "news.example", None)


def section(document: Document, name: str) -> Section:
    return next(item for item in document.sections if item.id == name)


# What may be answered


def test_the_schema_admits_what_is_read_and_nothing_else() -> None:
    answer = sections.to_json(WRITTEN)
    asked = {"blocks": answer["blocks"], "figures": []}
    schema = sections.schema_of("trend")
    assert filling("trend", parsed(json.dumps(asked), schema)) == WRITTEN
    assert sections.from_json(json.loads(json.dumps(answer))) == WRITTEN
    kinds = [
        variant["properties"]["kind"]["enum"]
        for variant in schema["properties"]["blocks"]["items"]["anyOf"]
    ]
    assert kinds == [["paragraph"], ["list"], ["callout"]]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (None, "not an object"),
        ([], "not an object"),
        ({}, "blocks"),
        ({"blocks": []}, "between 1"),
        ({"blocks": [{"kind": "paragraph", "text": "x"}] * 13}, "between 1"),
        ({"blocks": [{"kind": "paragraph", "text": "  "}]}, "nothing is said"),
        ({"blocks": [{"kind": "evidence"}]}, "not ours to give away"),
        ({"blocks": [{"kind": "table"}]}, "blocks[0]"),
        ({"blocks": [{"kind": "paragraph", "text": "x"}], "figures": {}}, "figures"),
        ({"blocks": [{"kind": "paragraph", "text": "x"}], "figures": [{}]}, "figures[0]"),
        (
            {
                "blocks": [{"kind": "paragraph", "text": "x"}],
                "figures": [{"text": "1", "kind": "guessed", "evidence": ""}],
            },
            "figures[0].kind",
        ),
        ({"blocks": [{"kind": "paragraph", "text": "x" * 2001}]}, "longer than 2000"),
        ({"blocks": [{"kind": "paragraph", "text": "x" * 2000}] * 6}, "longer than 10000"),
        ({"blocks": [{"kind": "paragraph", "text": "{{a.b}} " * 25}]}, "more than 24 figures"),
        (
            {
                "blocks": [{"kind": "paragraph", "text": "x"}],
                "figures": [{"text": "1", "kind": "cited", "evidence": "n1"}] * 101,
            },
            "at most 100",
        ),
        (
            {
                "blocks": [{"kind": "paragraph", "text": "x"}],
                "figures": [{"text": "1" * 501, "kind": "cited", "evidence": "n1"}],
            },
            "figures[0]: longer",
        ),
    ],
)
def test_an_answer_that_is_none_is_refused_with_its_place(answer: Any, fault: str) -> None:
    with pytest.raises(DocumentError) as refusal:
        filling("trend", answer)
    assert fault in str(refusal.value)


@pytest.mark.parametrize(
    ("title", "standfirst"),
    [
        ("", "S"),
        ("T", " "),
        ("T" * 161, "S"),
        ("T", "S" * 601),
        ("a\x07", "S"),
        (7, "S"),
        ("{{vn30.vs_lead}}" * 5, "S"),
    ],
)
def test_a_headline_says_something_on_one_line_of_a_headlines_length(
    title: Any, standfirst: str
) -> None:
    with pytest.raises(DocumentError):
        filling(HEADLINE, {"title": title, "standfirst": standfirst})
    told = filling(HEADLINE, {"title": " Một\n hai ", "standfirst": "S"})
    assert told.title == "Một hai"


@pytest.mark.parametrize(
    "text",
    [
        "Nhận thưởng tại https://qua.example.",
        "Nhận thưởng tại www.qua.example.",
        "Vào nhóm t.me/tinhieu để nhận tín hiệu.",
    ],
)
def test_a_text_leads_nobody_away(text: str) -> None:
    answers = (
        ("news", {"blocks": [{"kind": "list", "items": ["x", text]}]}),
        (HEADLINE, {"title": text, "standfirst": "S"}),
        (HEADLINE, {"title": "T", "standfirst": text}),
    )
    for place, answer in answers:
        with pytest.raises(DocumentError, match="web address"):
            filling(place, answer)


@pytest.mark.parametrize(
    "text", ["Theo CafeF.vn, 24/7, TP.HCM/Hà Nội.", "Crypto.com và P/E.", "U.S./China, 1.000/phiên"]
)
def test_names_of_publishers_and_fractions_are_no_web_addresses(text: str) -> None:
    assert filling("news", {"blocks": [{"kind": "paragraph", "text": text}]}).blocks


@pytest.mark.parametrize(
    ("place", "texts", "fault"),
    [
        ("news", ["Theo Tin [[n1]]."], None),
        ("news", ["Theo Tin [[n1]].", "Ai đó nói vậy."], "cites its item"),
        ("what-happened", ["VN-Index ở {{vnindex.close}} điểm.", "Và thế thôi."], None),
        ("what-happened", ["Cardano ở {{ada.price}}."], "a figure of vnindex"),
        ("trend", ["Không có gì."], None),
    ],
)
def test_news_cites_and_what_happened_tells_of_the_first_index(
    place: str, texts: list[str], fault: str | None
) -> None:
    told = Filling(blocks=tuple(Paragraph(text) for text in texts))
    found = sections.omission(place, told, "vnindex")
    assert (found is None) == (fault is None)
    assert (fault or "") in (found or "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["blocks", "figures", "kind", "text", "items", "title", "standfirst"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(answer=JSON, place=st.sampled_from(["trend", HEADLINE]))
def test_whatever_is_answered_is_read_or_refused(answer: Any, place: str) -> None:
    try:
        found = filling(place, answer)
    except DocumentError:
        return
    assert sections.from_json(json.loads(json.dumps(sections.to_json(found)))) == found


# Where it stands


def test_the_places_are_the_skeletons_the_news_only_when_there_is_any() -> None:
    assert places(SKELETON, []) == ["what-happened", "indices", "scenarios", HEADLINE]
    assert "news" in places(SKELETON, [ITEM])
    old = Item("n1", "Tin", "", "https://news.example/1", "news.example", None, old=True)
    assert "news" not in places(SKELETON, [old])


def test_prose_replaces_prose_and_what_is_ours_keeps_its_place() -> None:
    filled = {"what-happened": WRITTEN, "indices": WRITTEN, "scenarios": WRITTEN}
    whole = assemble(SKELETON, filled, [], "vi")
    first, *rest = WRITTEN.blocks
    assert section(whole, "what-happened").blocks == (first, CHART, *rest)
    assert section(whole, "indices").blocks == (TABLE, first, *rest)
    assert section(whole, "scenarios").blocks == (CHANCES, first, *rest, Paragraph("Cách đếm."))
    assert section(whole, "numbers") == section(SKELETON, "numbers")
    assert whole.title == "Tiêu đề"
    assert from_json(to_json(whole)) == whole


def test_the_headline_and_the_news_come_from_the_model() -> None:
    filled = {HEADLINE: Filling(title="Mới", standfirst="Mới."), "news": WRITTEN}
    whole = assemble(SKELETON, filled, [], "vi")
    assert (whole.title, whole.standfirst) == ("Mới", "Mới.")
    assert [item.id for item in whole.sections] == [
        "what-happened", "indices", "news", "scenarios", "numbers",
    ]  # fmt: skip


def test_what_is_cited_is_listed_once_in_the_order_of_its_mention() -> None:
    published = datetime(2026, 8, 21, 7, 0, tzinfo=UTC)
    first = Item("n1", "{{vnindex.close}}", "", "https://news.example/1", "n", published)
    told = Filling(blocks=(Paragraph("Theo tin [[n2]], rồi [[n1]], lại [[n2]], và [[n9]]."),))
    whole = assemble(SKELETON, {"indices": told}, [first, ITEM], "vi")
    listed = section(whole, "sources")
    assert listed.blocks == (
        Sources(
            (
                Source("n2", "Tin", "news.example", "https://news.example/2", ""),
                Source(
                    "n1",
                    "{{vnindex.close}}",
                    "n",
                    "https://news.example/1",
                    "2026-08-21T07:00:00+00:00",
                ),
            )
        ),
    )
    assert whole.sections[-2:] == (listed, section(SKELETON, "numbers"))
    assert from_json(to_json(whole)) == whole
    assert assemble(SKELETON, {}, [first, ITEM], "vi") == SKELETON


# What is translated


def test_a_translator_is_given_the_models_texts_alone() -> None:
    whole = assemble(SKELETON, {"scenarios": WRITTEN}, [], "vi")
    found = sections.prose_of(section(whole, "scenarios"), section(SKELETON, "scenarios"))
    assert found == ["Một.", "hai", "ba", "Bốn", "Năm"]
    english = sections.translated(
        section(whole, "scenarios"),
        section(SKELETON, "scenarios"),
        section(ENGLISH, "scenarios"),
        "Scenarios",
        ["One.", "two", "three", "Four", "Five"],
    )
    assert english.blocks == (
        CHANCES,
        Paragraph("One."),
        ListBlock(("two", "three")),
        Callout("Four", "Five"),
        Paragraph("How it was counted."),
    )


def test_figures_that_are_declared_stay_with_their_filling() -> None:
    figures = (Declared("18,2", "derived", "vnindex.high - vnindex.low"),)
    told = Filling(blocks=(Paragraph("18,2 điểm."),), figures=figures)
    assert sections.from_json(sections.to_json(told)).figures == figures
