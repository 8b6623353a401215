"""What sentences as prompted taught: outcomes, limits, causes, levels that meet, counts, gaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bench.verification_labels import SHEETS, items, sheet_of
from reports.writing.research import Item
from reports.writing.verification import Declared, verify_text
from reports.writing.verification.reading.numbers import language_of

MOMENT = datetime(2023, 5, 29, tzinfo=UTC)
PAIRS = [
    (
        "rally",
        "vi",
        "Kịch bản trên kháng cự có xác suất {{vnindex.p_above}}, {} kịch bản dưới hỗ trợ.",
        "cao hơn",
        "thấp hơn",
        "is wrong the other way round",
    ),
    (
        "slide",
        "en",
        "A close below support ({{vnindex.p_below}}) is {} than one above resistance.",
        "more likely",
        "less likely",
        "is wrong the other way round",
    ),
    (
        "slide",
        "vi",
        "Kịch bản dưới hỗ trợ có xác suất {{vnindex.p_below}}, {} hai kịch bản còn lại.",
        "cao hơn",
        "thấp hơn",
        "is wrong the other way round",
    ),
    (
        "quiet",
        "en",
        "The case below support has the {} probability, {{vnindex.p_below}}.",
        "highest",
        "lowest",
        "claims more than the facts prove",
    ),
    (
        "slide",
        "vi",
        "Trên HoSE, số mã giảm sàn {} số mã tăng trần.",
        "nhiều hơn",
        "ít hơn",
        "is wrong the other way round",
    ),
    (
        "slide",
        "en",
        "{} stocks on HoSE hit their floor than their ceiling.",
        "More",
        "Fewer",
        "is wrong the other way round",
    ),
    (
        "rally",
        "vi",
        "Hỗ trợ gần nhất của VN-Index ở {{vnindex.support}} điểm, trùng với trung bình {} phiên.",
        "20",
        "50",
        "the two levels lie apart",
    ),
    (
        "rally",
        "en",
        "VN-Index's nearest support at {{vnindex.support}} coincides with its {}-session average.",
        "20",
        "200",
        "the two levels lie apart",
    ),
    (
        "rally",
        "en",
        "VN-Index's support and its {}-session average coincide.",
        "20",
        "50",
        "the two levels lie apart",
    ),
    (
        "slide",
        "vi",
        "Đáy phiên của VN-Index nằm {} trung bình 20 phiên.",
        "dưới",
        "trên",
        "at that moment it stood below it",
    ),
    (
        "slide",
        "en",
        "VN-Index's session low was {} its 20-session average.",
        "below",
        "above",
        "at that moment it stood below it",
    ),
    (
        "slide",
        "vi",
        "{} chỉ số đóng cửa trên cả ba đường trung bình 20, 50 và 200 phiên.",
        "Ba",
        "Hai",
        "3 of the indices did that",
    ),
    (
        "quiet",
        "en",
        "Two indices are below their 50-session average: {} and UPCoM-Index.",
        "VN30",
        "HNX30",
        "others did so, or these did not",
    ),
    (
        "slide",
        "vi",
        "VN-Index trên trung bình 20 phiên {{vnindex.distance_sma20|abs}}, {} từ mức "
        "{{vnindex.before_sma20|abs}} của phiên trước.",
        "thu hẹp",
        "nới rộng",
        "is wrong the other way round",
    ),
    (
        "slide",
        "en",
        "VN-Index is {{vnindex.distance_sma20|abs}} above its 20-session average, {} from "
        "{{vnindex.before_sma20|abs}} the session before.",
        "down",
        "up",
        "is wrong the other way round",
    ),
    (
        "slide",
        "vi",
        "VN-Index trên trung bình 20 phiên {{vnindex.{}|abs}}.",
        "distance_sma20",
        "before_sma20",
        "is before_sma20, but the words around it speak of distance_sma20",
    ),
    (
        "slide",
        "vi",
        "So với 20 phiên trước, VN-Index cao hơn {{vnindex.return20|abs}}, và cao hơn trung bình "
        "20 phiên {{vnindex.{}sma20|abs}}.",
        "distance_",
        "before_",
        "is before_sma20, but the words around it speak of distance_sma20",
    ),
    (
        "rally",
        "vi",
        "VN30 và HNX30 cùng nối dài chuỗi tăng lên {} phiên liên tiếp.",
        "hai",
        "ba",
        "2 gains in a row",
    ),
    (
        "quiet",
        "en",
        "{} had the longest losing run of the five indices.",
        "UPCoM-Index",
        "VN30",
        "another run is as long, or longer",
    ),
    (
        "quiet",
        "vi",
        "{} có RSI 14 thấp nhất trong năm chỉ số.",
        "UPCoM-Index",
        "HNX-Index",
        "HNX-Index was not last",
    ),
    (
        "quiet",
        "en",
        "{} has the highest RSI of the five indices.",
        "VN-Index",
        "HNX30",
        "HNX30 was not first",
    ),
    (
        "slide",
        "vi",
        "Sàn UPCoM có {{upcomindex.advances}} mã tăng, {} chiều với UPCoM-Index.",
        "ngược",
        "cùng",
        "is wrong the other way round",
    ),
]


def reasons(sheet: str, language: str, text: str, *declared: Declared) -> list[str]:
    facts = sheet_of(*SHEETS[sheet])
    checked = verify_text(text, facts, declared, items(), language)
    return [item.reason for item in checked if not item.passed]


@pytest.mark.parametrize(("sheet", "language", "text", "right", "wrong", "reason"), PAIRS)
def test_a_word_that_turns_a_comparison_round_is_refused(
    sheet: str, language: str, text: str, right: str, wrong: str, reason: str
) -> None:
    head, tail = text.split("{}")
    assert reasons(sheet, language, f"{head}{right}{tail}") == []
    said = reasons(sheet, language, f"{head}{wrong}{tail}")
    assert any(reason in item for item in said), said


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("vi", "VN-Index giảm do lo ngại suy thoái, theo Reuters [[n13]]."),
        ("vi", "VN30 giảm do lợi suất trái phiếu tăng, theo Bloomberg [[n16]]."),
        ("vi", "Lo ngại suy thoái khiến VN-Index giảm, theo Reuters [[n13]]."),
        ("vi", "VN-Index giảm theo đà giảm của dầu Brent [[n13]]."),
        ("en", "Recession fears dragged VN-Index lower, Reuters reports [[n13]]."),
        ("en", "VN-Index fell on recession fears, Reuters reports [[n13]]."),
        ("en", "VN-Index fell because of a rise in bond yields, Bloomberg reports [[n16]]."),
    ],
)
def test_a_cited_item_that_does_not_speak_of_shares_gives_no_cause(
    language: str, text: str
) -> None:
    assert any(
        "names a cause that no cited item gives" in r for r in reasons("slide", language, text)
    )


def test_a_cause_stands_when_its_item_gives_it_and_of_another_thing_it_is_no_matter() -> None:
    item = Item("n1", "VN-Index tăng nhờ khối ngoại mua ròng", "", "https://e.org/", "e", MOMENT)
    for cited, why, given in (
        (item, "khối ngoại mua ròng", True),
        (item, "lãi suất hạ", False),
        (replace(item, title="Khối ngoại mua ròng trên HoSE"), "khối ngoại mua ròng", False),
    ):
        text = f"VN-Index tăng nhờ {why} [[n1]]."
        checked = verify_text(text, sheet_of(*SHEETS["rally"]), (), (cited,), "vi")
        assert all(found.passed for found in checked) is given
    text = "Brent slipped 2.7% on recession fears, Reuters reports [[n13]]."
    assert reasons("slide", "en", text, Declared("2.7", "cited", "n13")) == []


@pytest.mark.parametrize(
    ("language", "figure", "right"),
    [
        ("vi", "67.434 tỷ đồng", True),
        ("vi", "67.434 triệu đồng", False),
        ("vi", "67.434 nghìn đồng", False),
        ("en", "VND 67,434 billion", True),
        ("en", "VND 67,434 million", False),
    ],
)
def test_a_cited_figure_is_read_in_the_language_of_its_item(
    language: str, figure: str, right: bool
) -> None:
    """`67.434 tỷ` read as English would be 67 billion, which is `67.434 triệu`."""
    text = {
        "vi": f"VPBank được chấp thuận tăng vốn điều lệ lên {figure} [[n15]].",
        "en": f"VPBank may raise its charter capital to {figure} [[n15]].",
    }[language]
    digits = figure.removeprefix("VND ").split(" ")[0]
    said = reasons("quiet", language, text, Declared(digits, "cited", "n15"))
    assert (said == []) is right, said


def test_a_percentage_is_no_percentage_point() -> None:
    text = "Lãi suất qua đêm lên 4,85{} [[n12]]."
    declared = Declared("4,85", "cited", "n12")
    assert reasons("rally", "vi", text.format("%"), declared) == []
    said = reasons("rally", "vi", text.format(" điểm phần trăm"), declared)
    assert any("does not stand in n12" in reason for reason in said)


def test_the_language_of_an_item_is_told_by_its_letters() -> None:
    assert language_of("khối ngoại mua ròng 1.286 tỷ đồng trên hose") == "vi"
    assert language_of("hòa phát shares rose 3.5% as steel exports grew, the company says") == "en"


@pytest.mark.parametrize(("figure", "right"), [("3,49", True), ("3,50", True), ("3,51", False)])
def test_arithmetic_may_start_from_levels_as_readers_see_them(figure: str, right: bool) -> None:
    """1,126.22 less 1,122.73 is 3.49 to a reader, and 3.50 of the unrounded levels."""
    text = f"VN-Index chỉ cách hỗ trợ gần nhất {figure} điểm."
    declared = Declared(figure, "derived", "vnindex.close - vnindex.support")
    assert (reasons("slide", "vi", text, declared) == []) is right


def test_the_sharpest_fall_is_called_the_strongest_of_falls() -> None:
    text = "{} giảm {{{{{}.change_percent|abs}}}} trong 24 giờ, mạnh nhất trong các đồng tiền."
    assert reasons("quiet", "vi", text.format("Bitcoin", "btc")) == []
    said = reasons("quiet", "vi", text.format("Solana", "sol"))
    assert any("was not last" in reason for reason in said)
