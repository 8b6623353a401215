"""Old charts: their data is checked, then drawn by our own hand."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.publishing import foreign_charts
from reports.publishing.foreign_chart_data import (
    Bars,
    ChartError,
    Doughnut,
    Gauge,
    Line,
    compact,
    parse,
)
from reports.publishing.sanitize import clean
from tests.browser import NewPage
from tests.html import Page
from tests.reports.admin import make_report

GAUGE = {
    "type": "gauge",
    "title": "Sợ hãi và Tham lam",
    "value": 54,
    "segments": [
        {"limit": 25, "label": "Rất sợ hãi", "color": "#c00"},
        {"limit": 50, "label": "Sợ hãi", "color": "#f90"},
        {"limit": 75, "label": "Tham lam", "color": "#9c0"},
        {"limit": 100, "label": "Rất tham lam", "color": "#090"},
    ],
}
BARS = {
    "type": "bar",
    "title": "Dòng vốn ETF",
    "data": [{"label": "Thứ Hai", "value": -120.5, "color": "red"}, {"label": "BTC", "value": 310}],
    "options": {"valuePrefix": "$", "valueSuffix": "M", "yAxisLabel": "Triệu USD"},
}
LINE = {
    "type": "line",
    "title": "Giá",
    "labels": ["20/10", "21/10", "22/10"],
    "datasets": [{"label": "BTC", "data": [1, 2.5, 2]}, {"label": "ETH", "data": [3, None, 1]}],
}
DOUGHNUT = {"type": "doughnut", "title": "Tỷ trọng", "labels": ["BTC", "ETH"], "values": [60, 20]}
ALL = [GAUGE, BARS, LINE, DOUGHNUT]


def marker(chart: Any) -> str:
    return f"<!-- CHART_DATA: {json.dumps(chart, ensure_ascii=False)} --><div id=c></div>"


def svg_of(chart: Any, language: str = "vi") -> Page:
    return Page(foreign_charts.draw(json.dumps(chart), language))


# What is read


def test_a_gauge_has_its_segments_and_the_one_of_its_value() -> None:
    chart = parse(json.dumps(GAUGE))
    assert isinstance(chart, Gauge)
    assert [(item.start, item.end) for item in chart.segments] == [
        (0, 25),
        (25, 50),
        (50, 75),
        (75, 100),
    ]
    assert chart.segment is chart.segments[2]
    beyond = parse(json.dumps(GAUGE | {"value": 140}))
    assert isinstance(beyond, Gauge)
    assert beyond.segment is beyond.segments[3]


@pytest.mark.parametrize(
    "given",
    [
        {"labels": ["A", "B"], "values": [1, -2.5]},
        {"data": {"labels": ["A", "B"], "datasets": [{"label": "x", "data": [1, -2.5]}]}},
        {"data": [{"label": "A", "value": 1}, {"name": "B", "value": -2.5, "color": "red"}]},
        {"labels": ["A", "B"], "data": [1, -2.5], "colors": ["red"], "height": 300},
        {"items": [{"x": "A", "y": 1}, {"x": "B", "y": -2.5}], "options": {"animation": False}},
    ],
)
def test_named_values_come_in_any_of_the_old_spellings(given: dict[str, Any]) -> None:
    chart = parse(json.dumps({"type": "bar", **given}))
    assert isinstance(chart, Bars)
    assert [(item.label, item.value) for item in chart.items] == [("A", 1), ("B", Decimal("-2.5"))]


def test_a_line_takes_several_series_with_gaps_and_a_doughnut_shares_of_a_whole() -> None:
    line = parse(json.dumps(LINE))
    assert isinstance(line, Line)
    assert [item.values for item in line.series] == [(1, Decimal("2.5"), 2), (3, None, 1)]
    ring = parse(json.dumps(DOUGHNUT))
    assert isinstance(ring, Doughnut)
    assert [ring.share(item) for item in ring.items] == [75, 25]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON"),
        ("[" * 30_000, "no JSON"),
        ('{"type":"bar"' + " " * 40_000 + "}", "more than"),
        ("[1]", "must be an object"),
        ('{"type":"scatter"}', "type must be one of"),
        ('{"type":"gauge","value":"54"}', "must be a number"),
        ('{"type":"gauge","value":true}', "must be a number"),
        ('{"type":"gauge","value":NaN}', "no JSON"),
        ('{"type":"gauge","value":1e400}', "too large"),
        ('{"type":"gauge","value":1e999999999999999999999}', "no JSON|too large|must be a number"),
        ('{"type":"gauge","value":1,"min":5,"max":5}', "below max"),
        ('{"type":"gauge","value":1,"segments":[{"limit":50},{"limit":20}]}', "follow each other"),
        ('{"type":"gauge","value":1,"onclick":"x"}', "onclick is not known"),
        ('{"type":"bar","labels":["A"],"values":[1,2]}', "as many labels"),
        ('{"type":"bar","values":[]}', "list of 1 to"),
        ('{"type":"bar","items":[{"label":"' + "A" * 121 + '","value":1}]}', "more than 120"),
        ('{"type":"bar","items":[{"label":"a\\u202eb","value":1}]}', "cannot be shown"),
        ('{"type":"bar","items":[{"label":["A"],"value":1}]}', "must be text"),
        (
            '{"type":"bar","unit":"<script>alert()","items":[{"label":"A","value":1}]}',
            "more than 12",
        ),
        ('{"type":"doughnut","labels":["A"],"values":[-1]}', "negative"),
        ('{"type":"doughnut","labels":["A"],"values":[0]}', "nor all zero"),
        ('{"type":"line","labels":["A","B"],"values":[1]}', "as many labels"),
        ('{"type":"line","labels":["A","B"],"series":[{"data":[1,null]}]}', "needs two values"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ChartError, match=reason):
        parse(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=12,
)


@given(
    st.sampled_from(ALL),
    st.sampled_from(["value", "labels", "values", "data", "segments", "datasets", "title", "unit"]),
    JSON,
)
def test_any_change_of_a_chart_is_drawn_without_foreign_markup_or_refused(
    chart: dict[str, Any], name: str, value: Any
) -> None:
    text = json.dumps(chart | {name: value})
    try:
        drawn = foreign_charts.draw(text, "en")
    except ChartError:
        return
    page = Page(drawn)
    assert page.one("svg", role="img").get("aria-label")
    assert "nan" not in drawn.lower().replace("finance", "")
    assert clean(drawn, "en").html == drawn.strip()


def test_the_data_cannot_end_its_comment() -> None:
    text = json.dumps({"type": "bar", "title": "--><b>--!>", "labels": ["A"], "values": [1]})
    assert "<" not in compact(text)
    assert ">" not in compact(text)
    assert json.loads(compact(text)) == json.loads(text)


@pytest.mark.parametrize(
    "field",
    [
        '"width":' + "1" * 5000,
        '"width":1e999',
        '"width":"\\ud800"',
        '"labels":[1e9999999]',
        '"values":[1e9999999]',
    ],
)
def test_what_cannot_be_stored_or_counted_is_refused_as_no_chart(field: str) -> None:
    found = clean(f'<!-- CHART_DATA: {{"type":"bar","labels":["A"],"values":[1],{field}}} -->')
    assert len(found.faults) == 1
    assert "unshown" in found.html


def test_a_label_next_to_nothing_is_not_written_out() -> None:
    """Its digits alone would be a gigabyte."""
    chart = parse('{"type":"bar","labels":[1e-999999999],"values":[1]}')
    assert isinstance(chart, Bars)
    assert chart.items[0].label == "0"


# What is drawn


def test_each_chart_has_a_title_a_name_and_its_numbers_as_a_table() -> None:
    for chart, told in zip(
        ALL,
        (
            "54 · Tham lam trên thang 0–100",
            "Thứ Hai -$120,5M, BTC $310,0M",
            "từ 1,0 đến 2,0, 3 điểm dữ liệu",
            "BTC 75,0%, ETH 25,0%",
        ),
        strict=True,
    ):
        page = svg_of(chart)
        title = str(chart["title"])
        assert page.one("svg", role="img").get("aria-label") == f"{title}: {told}"
        assert page.one("figcaption").text.startswith(title)
        assert page.one("details").text.startswith("Xem số liệu dạng bảng")
        assert len(page.all("th", scope="row")) >= 2
        assert "style" not in {name for item in page.elements for name in item.attributes}


def test_bars_grow_from_zero_to_either_side() -> None:
    down, up = svg_of(BARS).all("rect", class_="bar")
    assert "down" in down.attributes["class"]
    assert "up" in up.attributes["class"]
    zero = svg_of(BARS).one("line", class_="zero").get("x1")
    left, width = (float(down.attributes[name].rstrip("%")) for name in ("x", "width"))
    assert up.get("x") == zero == f"{left + width:.2f}%"


def test_english_writes_its_own_words_and_numbers() -> None:
    label = svg_of(BARS, "en").one("svg", role="img").get("aria-label")
    assert label == "Dòng vốn ETF: Thứ Hai -$120.5M, BTC $310.0M"


def test_a_chart_stands_where_its_container_was_and_a_wrong_one_says_so() -> None:
    found = clean(f"<p>a</p>{marker(GAUGE)}<p>b</p>{marker({'type': 'x'})}<p>c</p>")
    assert found.html.index("<p>a</p>") < found.html.index("<svg") < found.html.index("<p>b</p>")
    note = Page(found.html).one("p", class_="unshown")
    assert note.text == "Không hiển thị được một biểu đồ ở đây."
    assert found.faults[0].startswith("chart 2: type must be one of gauge, line")
    assert Page(clean(marker({"type": "x"}), "en").html).text == "A chart could not be shown here."


@pytest.mark.browser
def test_on_a_narrow_screen_every_word_is_legible_and_nothing_is_cut(new_page: NewPage) -> None:
    long = {"type": "bar", "labels": ["Ngân hàng và dịch vụ tài chính", "B"], "values": [1e9, -2e8]}
    table = f"<table><tr>{'<td>1.234.567,89</td>' * 12}</tr></table>"
    body = clean("<h2>A</h2>" + "".join(map(marker, [*ALL, long])) + table).html
    report = make_report(status="published", html_content=body, origin="imported")
    page = new_page(320)
    page.goto(f"/reports/{report.slug}/")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    texts = page.locator(".chart.foreign svg text")
    sizes = texts.evaluate_all("(all) => all.map((e) => parseFloat(getComputedStyle(e).fontSize))")
    assert min(sizes) >= 11
    outside = """(all) => all.filter((e) => {
      const [text, card] = [e.getBoundingClientRect(), e.closest("figure").getBoundingClientRect()];
      return text.left < card.left || text.right > card.right;
    }).map((e) => e.textContent)"""
    assert texts.evaluate_all(outside) == []
    touching = """(charts) => charts.flatMap((chart) => {
      const boxes = [...chart.querySelectorAll("text")].map((e) => [e, e.getBoundingClientRect()]);
      return boxes.flatMap(([e, a], at) => boxes.slice(at + 1)
        .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1
          && a.top < b.bottom - 6 && b.top < a.bottom - 6)
        .map(([f]) => `${e.textContent} on ${f.textContent}`));
    })"""
    assert page.locator(".chart.foreign > svg").evaluate_all(touching) == []
