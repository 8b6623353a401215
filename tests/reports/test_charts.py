"""Charts: sane SVG for any numbers, readable on a phone, allowed by the strictest CSP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from market import chart
from reports.publishing import charts

SVG = "{http://www.w3.org/2000/svg}"
START = date(2026, 3, 2)


def days(count: int) -> list[date]:
    return [START + timedelta(days=step) for step in range(count)]


def history(closes: Sequence[Decimal | None], language: str = "vi", label: str = "x") -> str:
    known = [Decimal(0) if value is None else value for value in closes]
    return charts.history(days(len(known)), known, [None] * len(known), language, label)


def rising(count: int = 120) -> list[Decimal]:
    return [Decimal(1600) + 2 * step + (step % 7) * 5 for step in range(count)]


def parsed(svg: str) -> ElementTree.Element:
    spaced = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return ElementTree.fromstring(spaced)  # noqa: S314 (our own markup)


def labels(svg: str, kind: str) -> list[str]:
    return [
        item.text or ""
        for item in parsed(svg).iter()
        if item.tag.endswith("text") and item.get("class", "").split()[0] == kind
    ]


def test_text_keeps_its_size_since_only_lines_live_in_a_stretched_frame() -> None:
    root = parsed(history(rising()))
    assert root.get("viewBox") is None
    assert root.get("width") == "100%"
    stretched = [item for item in root if item.get("viewBox")]
    assert len(stretched) == 1
    assert stretched[0].get("preserveAspectRatio") == "none"
    assert not [item for item in stretched[0].iter() if item.tag.endswith("text")]


@pytest.mark.parametrize(
    "svg", [history(rising()), charts.moves([("VN30", Decimal("2.16"))], "vi", "x")]
)
def test_no_style_script_or_handler_stands_in_a_chart(svg: str) -> None:
    assert not re.search(r"style=|<style|<script|\bon\w+=|href|javascript:", svg)


def test_a_chart_says_what_it_shows() -> None:
    root = parsed(history(rising(), label="VN-Index: từ 1.600 đến 1.850"))
    assert (root.get("role"), root.get("aria-label")) == ("img", "VN-Index: từ 1.600 đến 1.850")


def test_hostile_names_and_labels_are_escaped() -> None:
    hostile = '"><script>alert(1)</script>&'
    for svg in (
        history(rising(), label=hostile),
        charts.moves([(hostile, Decimal(1))], "vi", hostile),
    ):
        assert "<script" not in svg
        assert parsed(svg).get("aria-label") == hostile


@pytest.mark.parametrize(
    "closes",
    [[], [Decimal(1)], [Decimal("NaN"), Decimal(1)], [Decimal("Infinity"), Decimal(1)]],
)
def test_what_cannot_be_drawn_gives_nothing(closes: list[Decimal]) -> None:
    assert history(closes) == ""
    assert (
        charts.moves([("a", value) for value in closes if not value.is_finite()], "vi", "x") == ""
    )


def test_series_of_different_lengths_give_nothing() -> None:
    assert charts.history(days(3), rising(2), [None] * 2, "vi", "x") == ""
    assert charts.history(days(2), rising(2), [None], "vi", "x") == ""


@pytest.mark.parametrize(
    "closes",
    [
        [Decimal(0)] * 3,
        [Decimal("1768.12")] * 120,
        [Decimal("0.0001"), Decimal("0.0002")],
        [Decimal(10) ** 12, Decimal(1)],
        [Decimal(-5), Decimal(5)],
    ],
)
def test_degenerate_series_stay_inside_the_frame(closes: list[Decimal]) -> None:
    line = re.search(r'class="line" points="([^"]+)"', history(closes))
    assert line
    for point in line[1].split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= 1000
        assert chart.TOP - 1 <= y <= chart.BOTTOM + 1


@pytest.mark.parametrize(
    ("low", "high"), [(1450, 1832), (0, 0), (99.5, 100.5), (1e-6, 2e-6), (-3, 4)]
)
def test_ticks_are_round_span_the_range_and_are_few(low: float, high: float) -> None:
    ticks = chart.nice_ticks(low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high - 1e-9
    assert 2 <= len(ticks) <= 7
    step = ticks[1] - ticks[0]
    assert float(f"{step:e}".partition("e")[0]) == pytest.approx(
        round(float(f"{step:e}".partition("e")[0]))
    )


def heights(svg: str, kind: str) -> list[float]:
    """Where the texts of a kind stand, such as `axis` or `last clear`, in percent from the top."""
    wanted = set(kind.split())
    found = [item for item in parsed(svg).iter() if wanted <= set(item.get("class", "").split())]
    return [float((item.get("y") or "0").rstrip("%")) for item in found]


@pytest.mark.parametrize("last", [1600, 1650, 1700, 1768, 1840, 1900])
def test_the_last_value_stands_beside_its_point_or_clear_of_the_line(last: int) -> None:
    svg = history([Decimal(1600), Decimal(1900), *rising(100), Decimal(last)])
    end = float((re.search(r'class="dot" cx="[^"]+" cy="([\d.]+)%"', svg) or ["", "0"])[1])
    assert heights(svg, "last beside") == [end]
    (clear,) = heights(svg, "last clear")
    assert 3.5 < abs(clear - end) < 9
    assert 1 < clear < 99


@pytest.mark.parametrize("kind", ["beside", "clear"])
@pytest.mark.parametrize("last", [1600, 1650, 1700, 1768, 1840, 1900])
def test_the_last_value_covers_no_tick_that_is_shown_with_it(kind: str, last: int) -> None:
    svg = history([Decimal(1600), Decimal(1900), *rising(100), Decimal(last)])
    (label,) = heights(svg, f"last {kind}")
    hidden = heights(svg, f"axis under-{kind}")
    ticks = [y for y in heights(svg, "axis") if y < chart.BOTTOM / 10 + 1 and y not in hidden]
    assert ticks
    assert all(abs(tick - label) > 6 for tick in ticks)


def test_a_line_that_comes_from_above_has_its_last_value_below() -> None:
    dip = [Decimal(1600), *[Decimal(1800)] * 30, *[Decimal(1850)] * 4, Decimal(1780)]
    svg = history(dip)
    (end,) = heights(svg, "last beside")
    assert heights(svg, "last clear")[0] > end


def test_a_screen_reader_is_told_the_last_value_once() -> None:
    spoken = [
        item
        for item in parsed(history(rising())).iter()
        if item.tag.endswith("text") and item.text == "1.838,00" and not item.get("aria-hidden")
    ]
    assert len(spoken) == 1


def test_figures_are_written_as_the_language_writes_them() -> None:
    assert labels(history(rising(), "vi"), "last") == ["1.838,00"] * 2
    assert labels(history(rising(), "en"), "last") == ["1,838.00"] * 2
    assert "thg\u00a04" in labels(history(rising(), "vi"), "axis")
    assert "Apr" in labels(history(rising(), "en"), "axis")


def test_month_labels_leave_room_for_each_other() -> None:
    marks = [item for item in labels(history(rising(), "en"), "axis") if item.isalpha()]
    assert 2 <= len(marks) <= 5


def test_the_average_is_drawn_only_where_it_is_known() -> None:
    means = [None] * 20 + [Decimal(1650)] * 30 + [None] * 5 + [Decimal(1660)] * 45
    svg = charts.history(days(100), rising(100), means, "vi", "x")
    assert svg.count('class="sma"') == 2


def test_moves_carry_sign_shape_and_colour() -> None:
    rows = [("VN30", Decimal("2.16")), ("HNX30", Decimal("-0.51")), ("UPCoM", Decimal("0.001"))]
    svg = charts.moves(rows, "vi", "x")
    assert labels(svg, "value") == ["▲ +2,16%", "▼ -0,51%", "● 0,00%"]
    kinds = [item.get("class") for item in parsed(svg).iter() if item.tag.endswith("rect")]
    assert kinds == ["bar up", "bar down", "bar flat"]


Bars = list[tuple[float, float]]


def bars(*moves: str) -> tuple[float, Bars]:
    """Where zero lies, and where each bar begins and ends: percent of the width."""
    rows = [(str(at), Decimal(move)) for at, move in enumerate(moves)]
    root = parsed(charts.moves(rows, "en", "x"))
    found = [item for item in root.iter() if item.tag.endswith("rect")]
    starts = [_share(bar, "x") for bar in found]
    ends = [start + _share(bar, "width") for start, bar in zip(starts, found, strict=True)]
    (zero,) = [item for item in root.iter() if item.get("class") == "zero"]
    return _share(zero, "x1"), list(zip(starts, ends, strict=True))


def _share(element: ElementTree.Element, name: str) -> float:
    return float((element.get(name) or "0").rstrip("%"))


def test_falls_and_rises_point_away_from_one_zero_line() -> None:
    zero, (rise, fall, flat) = bars("3", "-3", "0")
    assert (rise[0], fall[1]) == (zero, pytest.approx(zero))
    assert rise[1] - rise[0] == pytest.approx(fall[1] - fall[0])
    assert 0 < flat[1] - flat[0] < 1


@pytest.mark.parametrize("moves", [("1", "2"), ("-1", "-2"), ("2", "-0.5"), ("0", "0"), ("0.01",)])
def test_bars_fill_the_room_between_names_and_values_and_stay_in_it(moves: tuple[str, ...]) -> None:
    _, found = bars(*moves)
    left, right = charts.NAMES, 100 - charts.VALUES
    assert all(left - 0.01 <= start < end <= right + 0.4 for start, end in found)
    if max(abs(Decimal(move)) for move in moves) >= 1:
        reach = max(end for _, end in found) - min(start for start, _ in found)
        assert reach == pytest.approx(right - left, abs=0.05)


def test_moves_of_nothing_give_nothing() -> None:
    assert charts.moves([], "vi", "x") == ""
