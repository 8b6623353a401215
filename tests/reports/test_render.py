"""Documents into HTML: the writer's text is data, every figure links to its proof."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from reports import facts
from reports.analysis import build_facts
from reports.document import (
    Block,
    Callout,
    Document,
    Evidence,
    Figure,
    ListBlock,
    Paragraph,
    Scenario,
    Scenarios,
    Section,
    Table,
    texts,
)
from reports.facts import FACT_NAMES, FactSheet
from reports.publishing import labels
from reports.publishing.render import (
    anchor,
    figures_in,
    lead_chart,
    plain_text,
    render_article,
)
from reports.writing.writers.analyst import Analyst
from reports.writing.writers.base import Brief
from tests.reports.test_facts import KEYS, end_of_day, market

SHEET = build_facts(market())
DRAFT = Analyst().write(Brief(SHEET, "afternoon"))
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
VOID = {"img", "br", "meta", "link", "input", "hr"}


class Tags(HTMLParser):
    """Tags, attributes, and whether every element that opens is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [
            attrs
            for name, attrs in self.found
            if name == tag and all(attrs.get(key) == value for key, value in wanted.items())
        ]


def article(*blocks: Block, title: str = "A") -> str:
    document = Document("T", "S", (Section("a", title, tuple(blocks)),))
    return render_article(document, SHEET, "vi")


def whole(language: str) -> str:
    document = DRAFT.vi if language == "vi" else DRAFT.en
    return render_article(document, SHEET, language)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_whole_report_is_well_formed_and_has_no_h1(language: str) -> None:
    tags = Tags(whole(language))
    assert tags.open == []
    assert not tags.all("h1")
    sections = [attrs["id"] for attrs in tags.all("section")]
    assert sections == [section.id for section in DRAFT.vi.sections]
    assert all(attrs["aria-labelledby"] == f"h-{attrs['id']}" for attrs in tags.all("section"))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_style_script_or_handler_stands_in_a_report(language: str) -> None:
    for tag, attrs in Tags(whole(language)).found:
        assert tag not in {"script", "style", "iframe", "object"}
        assert not [name for name in attrs if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_ids_are_ascii_and_stand_once(language: str) -> None:
    ids = Counter(attrs["id"] for _, attrs in Tags(whole(language)).found if "id" in attrs)
    assert max(ids.values()) == 1
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", item) for item in ids)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_figure_links_to_a_row_of_the_table_of_figures(language: str) -> None:
    tags = Tags(whole(language))
    rows = {attrs["id"] for attrs in tags.all("tr") if "id" in attrs}
    links = [attrs["href"].removeprefix("#") for attrs in tags.all("a")]
    assert len(links) > 50
    assert set(links) <= rows
    assert rows == {anchor(key) for key in SHEET.facts}


def test_a_figure_shows_value_source_time_and_raw_value() -> None:
    html = article(Paragraph("Đóng cửa ở {{vnindex.close}}."))
    assert (
        '<a class="fig" href="#n-vnindex-close" '
        'data-source="Vietcap · 21/8/2026, 14:45\u00a0(GMT+7)">'
        '<data value="1768.12">1.768,12</data></a>.' in html
    )


def test_only_changes_are_coloured() -> None:
    text = "{{vnindex.change}} {{vnindex.close}} {{vnindex.distance_sma20}}"
    classes = [attrs["class"] for attrs in Tags(article(Paragraph(text))).all("a")]
    assert classes == ["fig up", "fig", "fig"]


@pytest.mark.parametrize(
    ("text", "vi", "en"),
    [
        ("{{vnindex.close}}", "1.768,12", "1,768.12"),
        ("{{vnindex.change|signed}}", "+33,88", "+33.88"),
        ("{{vnindex.change_percent|signed}}", "+1,95%", "+1.95%"),
        ("{{vnindex.change|abs}}", "33,88", "33.88"),
        ("{{vnindex.advances}}", "241", "241"),
        (
            "{{vnindex.volume}}",
            "783,5\u00a0triệu\u00a0cổ\u00a0phiếu",
            "783.5\u00a0million\u00a0shares",
        ),
        ("{{vnindex.value}}", "23.413\u00a0tỷ\u00a0đồng", "VND\u00a023.4\u00a0trillion"),
    ],
)
def test_figures_are_written_as_the_language_writes_them(text: str, vi: str, en: str) -> None:
    spaced = [plain_text(text, SHEET, language) for language in ("vi", "en")]
    assert [item.replace(" ", "\u00a0") for item in spaced] == [vi, en]


def test_a_text_that_names_an_unknown_fact_is_an_error_not_a_blank() -> None:
    with pytest.raises(KeyError):
        article(Paragraph("{{vnindex.gap}}"))


BLOCKS: list[Block] = [
    Paragraph(HOSTILE),
    ListBlock((HOSTILE,)),
    Callout(HOSTILE, HOSTILE),
    Table(HOSTILE, (HOSTILE, HOSTILE), ((HOSTILE, HOSTILE),), ("up",)),
    Figure("moves", "all", HOSTILE, HOSTILE),
    Scenarios((Scenario(HOSTILE, "{{vnindex.p_above}}", HOSTILE),)),
]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: str(block.kind))
def test_hostile_text_stays_text(block: Block) -> None:
    html = article(block, title=HOSTILE)
    tags = Tags(html)
    assert tags.open == []
    assert not tags.all("script")
    assert not tags.all("img")
    assert "&lt;script&gt;" in html


def test_references_are_figures_in_captions_and_text_in_attributes() -> None:
    table = Table("{{vnindex.close}}", ("Tên", "{{vn30.close}}"), (("a", "b"),))
    tags = Tags(article(table))
    assert [attrs["href"] for attrs in tags.all("a")] == ["#n-vnindex-close"]
    assert tags.all("td")[0]["data-label"] == "1.927,79"
    tags = Tags(article(Figure("moves", "all", "Tới {{vnindex.close}}", "n")))
    assert tags.open == []
    assert tags.all("div", role="region")[0]["aria-label"] == "Tới 1.768,12"


def test_a_table_tells_rows_and_columns_apart_and_labels_cells_for_a_phone() -> None:
    tags = Tags(article(Table("", ("Chỉ số", "Điểm"), (("VN30", "{{vn30.close}}"),), ("up",))))
    assert len(tags.all("th", scope="col")) == 2
    assert len(tags.all("th", scope="row")) == 1
    assert tags.all("td") == [{"data-label": "Điểm"}]
    assert tags.all("tr", **{"class": "up"})


def test_a_chart_has_its_numbers_in_a_table_beside_it() -> None:
    html = article(Figure("history", "vnindex", "VN-Index", "điểm"))
    tags = Tags(html)
    assert len(tags.all("details")) == 1
    assert len(tags.all("tr")) == 1 + len(SHEET.series["vnindex"].days)
    assert html.index("21/8/2026") < html.index("20/8/2026")
    label = tags.all("svg", role="img")[0]["aria-label"]
    assert label.startswith("VN-Index: từ ")
    assert label.endswith("đến 1.768,12 điểm trong 120 phiên")


def test_a_chart_without_numbers_is_left_out() -> None:
    assert "<figure" not in article(Figure("history", "nothing", "x", "y"))
    empty = build_facts(market([]))
    document = Document("T", "S", (Section("a", "A", (Figure("moves", "all", "x", "y"),)),))
    assert "<figure" not in render_article(document, empty, "vi")


def test_scenarios_show_their_chance_as_meter_and_text() -> None:
    block = Scenarios((Scenario("Bứt phá", "{{vnindex.p_above}}", "Trên"),))
    meter = Tags(article(block)).all("meter")[0]
    assert meter["value"] == str(SHEET.value("vnindex.p_above"))
    assert f"{meter['value']}%</meter>" in article(block)


def evidence_rows(sheet: FactSheet) -> list[str]:
    document = Document("T", "S", (Section("a", "A", (Evidence(),)),))
    return re.findall(r'<tr id="n-([^"]+)"', render_article(document, sheet, "vi"))


def test_the_table_of_figures_keeps_its_order_after_the_database_sorted_the_keys() -> None:
    shuffled = json.loads(json.dumps(facts.to_json(SHEET)))
    by_length = sorted(shuffled["facts"].items(), key=lambda item: (len(item[0]), item[0]))
    stored = facts.from_json(shuffled | {"facts": dict(by_length)})
    rows = evidence_rows(stored)
    assert rows == evidence_rows(SHEET)
    assert list(dict.fromkeys(row.partition("-")[0] for row in rows)) == list(KEYS)
    first = [row.partition("-")[2].replace("-", "_") for row in rows if row.startswith("vnindex-")]
    assert first == [name for name in FACT_NAMES if f"vnindex.{name}" in SHEET.facts]


def test_the_table_of_figures_names_value_source_time_and_method() -> None:
    html = article(Evidence())
    row = re.search(r'<tr id="n-vnindex-change">.*?</tr>', html)
    assert row
    assert '<th scope="row">Thay đổi</th>' in row[0]
    assert '<data value="33.88">33,88</data>' in row[0]
    assert "Vietcap" in row[0]
    assert 'datetime="2026-08-21T07:45:59.999000+00:00"' in row[0]
    assert "điểm số - tham chiếu" in row[0]


def test_the_table_of_figures_is_grouped_by_index_and_closed_until_asked_for() -> None:
    html = article(Evidence())
    groups = re.findall(r"<details><summary><b>([^<]+)</b> (\d+) số liệu</summary>", html)
    assert [name for name, _ in groups] == ["VN-Index", "VN30", "HNX-Index", "HNX30", "UPCoM-Index"]
    assert sum(int(count) for _, count in groups) == len(SHEET.facts)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_method_is_told_in_the_readers_language(language: str) -> None:
    methods = {fact.method for fact in SHEET.facts.values() if fact.method}
    assert len(methods) > 20
    for method in methods:
        said = labels.method(method, language)
        assert said, method
        assert "_" not in said
        if language == "vi":
            assert not re.search(r"\b(?:of|the|last|close|level|above|below)\b", said)


def test_an_unknown_method_stays_english_and_is_marked_so() -> None:
    assert labels.method("read from tea leaves", "vi") == ""
    fact = SHEET.facts["vnindex.change"]._replace(method="read from tea leaves")
    sheet = replace(SHEET, facts={"vnindex.change": fact})
    document = Document("T", "S", (Section("a", "A", (Evidence(),)),))
    html = render_article(document, sheet, "vi")
    assert re.search(r'<td [^>]*lang="en">read from tea leaves</td>', html)


@pytest.mark.parametrize(
    ("key", "vi", "en"),
    [
        ("close", "", ""),  # the text has every digit
        ("change_percent", "1,953594% · ", "1.953594% · "),
        ("volume", "783.548.119 · ", "783,548,119 · "),
        ("advances", "", ""),
    ],
)
def test_a_rounded_figure_tells_its_value_in_full(key: str, vi: str, en: str) -> None:
    block = Paragraph(f"{{{{vnindex.{key}}}}}")
    document = Document("T", "S", (Section("a", "A", (block,)),))
    for language, full in (("vi", vi), ("en", en)):
        tags = Tags(render_article(document, SHEET, language))
        assert tags.all("a")[0]["data-source"].startswith(f"{full}Vietcap · ")


def test_agreement_of_sources_stands_beside_them() -> None:
    fact = SHEET.facts["vnindex.close"]._replace(agreement="disputed")
    sheet = replace(SHEET, facts={"vnindex.close": fact})
    document = Document("T", "S", (Section("a", "A", (Evidence(),)),))
    assert "(hai nguồn lệch)" in render_article(document, sheet, "vi")
    assert "(two sources differ)" in render_article(document, sheet, "en")


def test_the_home_page_gets_the_first_chart_alone() -> None:
    assert Tags(str(lead_chart(DRAFT.vi, SHEET, "vi"))).all("figure")
    bare = replace(DRAFT.vi, sections=())
    assert lead_chart(bare, SHEET, "vi") == ""


def test_figures_are_counted_by_mention() -> None:
    document = Document("{{a.b}}", "{{a.b}} {{c.d|abs}}", (Section("a", "x", ()),))
    assert figures_in(document) == 3
    assert figures_in(DRAFT.vi) == sum(text.count("{{") for text in texts(DRAFT.vi))


def test_a_report_of_missing_indices_still_renders() -> None:
    indices = [replace(end_of_day()[0], price=None), *end_of_day()[1:3]]
    sheet = build_facts(market(indices, count=0))
    draft = Analyst().write(Brief(sheet, "afternoon"))
    for language, document in (("vi", draft.vi), ("en", draft.en)):
        assert Tags(render_article(document, sheet, language)).open == []
