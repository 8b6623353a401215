"""How far two levels lie apart, and from which average, at which session, a distance is told.

`up`: close 1,186.17, support 1,150, resistance 1,200; 5.38 % above its 20-session average (3.90 %
a session before), 5.48 % above the 50-session and 24.19 % above the 200-session one.
"""

from __future__ import annotations

import pytest

from bench.verification_labels import SHEETS
from bench.verification_reports import sheet_of
from reports.writing.verification import Declared, verify_text

TO_RESISTANCE = "vnindex.resistance - vnindex.close"
FROM_RESISTANCE = "vnindex.close - vnindex.resistance"
D20, D50, D200 = (f"{{{{vnindex.distance_sma{size}|abs}}}}" for size in (20, 50, 200))
B20 = "{{vnindex.before_sma20|abs}}"
# {up} is the true side, {down} the false one.
LEVELS = [
    ("en", "Resistance at {{{{vnindex.resistance}}}} points stands 13.83 points {up} the close."),
    ("en", "The index closed 13.83 points {down} resistance."),
    ("en", "Resistance is {{{{vnindex.resistance}}}} points, 13.83 points {up} the close."),
    ("vi", "Kháng cự là {{{{vnindex.resistance}}}} điểm, {up} điểm đóng cửa 13,83 điểm."),
    ("vi", "Chỉ số đóng cửa {down} kháng cự 13,83 điểm."),
    ("vi", "Kháng cự {{{{vnindex.resistance}}}} điểm {up} 13,83 điểm so với giá đóng cửa."),
]
SIDES = {"en": ("above", "below"), "vi": ("cao hơn", "thấp hơn")}


def _passes(text: str, language: str, *declared: Declared) -> bool:
    found = verify_text(text, sheet_of(*SHEETS["up"]), declared, [], language, "trend")
    return all(item.passed for item in found)


@pytest.mark.parametrize("arithmetic", [TO_RESISTANCE, FROM_RESISTANCE, f"abs({FROM_RESISTANCE})"])
@pytest.mark.parametrize(("language", "text"), LEVELS)
def test_the_words_say_which_level_lies_above_in_whichever_order_the_arithmetic_stands(
    language: str, text: str, arithmetic: str
) -> None:
    up, down = SIDES[language]
    declared = Declared("13.83" if language == "en" else "13,83", "derived", arithmetic)

    assert _passes(text.format(up=up, down=down), language, declared)
    assert not _passes(text.format(up=down, down=up), language, declared)


def test_a_distance_is_measured_from_the_level_that_the_words_name() -> None:
    declared = Declared("36.17", "derived", "vnindex.close - vnindex.support")

    assert _passes("The close was 36.17 points above support.", "en", declared)
    assert not _passes("The close was 36.17 points above its open.", "en", declared)
    assert not _passes("The close is 36.17 points away from resistance.", "en", declared)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "VN-Index is {now} above its 20-session average, against {then} a session earlier."),
        ("en", "The gap to the 20-session average widened from {then} to {now}."),
        (
            "en",
            "In the previous session VN-Index stood {then} above its 20-session average; "
            "it is now {now} above it.",
        ),
        (
            "vi",
            "Phiên trước VN-Index còn cao hơn trung bình 20 phiên {then}, nay cao hơn {now}.",
        ),
        (
            "vi",
            "VN-Index trên đường 20 phiên {now}, trong khi phiên trước mới cao hơn {then}.",
        ),
    ],
)
def test_a_distance_belongs_to_the_session_that_its_part_of_the_sentence_speaks_of(
    language: str, text: str
) -> None:
    assert _passes(text.format(now=D20, then=B20), language)
    assert not _passes(text.format(now=B20, then=D20), language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "VN-Index sits {0}, {1} and {2} above its 20-, 50- and 200-session averages."),
        (
            "en",
            "Relative to the 20-, 50- and 200-session averages, it is higher by {0}, {1} and {2}.",
        ),
        ("vi", "So với đường 20, 50 và 200 phiên, VN-Index cao hơn lần lượt {0}, {1} và {2}."),
    ],
)
def test_distances_in_a_row_go_with_the_averages_in_a_row(language: str, text: str) -> None:
    assert _passes(text.format(D20, D50, D200), language)
    assert not _passes(text.format(D50, D20, D200), language)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            "If VN-Index stays above its 20-session average, the rise may go on.",
            "If VN-Index stays below its 20-session average, the fall may go on.",
        ),
        (
            "Nếu VN-Index tiếp tục đóng cửa trên trung bình 20 phiên, đà tăng có thể bền.",
            "Nếu VN-Index tiếp tục đóng cửa dưới trung bình 20 phiên, đà giảm có thể bền.",
        ),
    ],
)
def test_what_is_supposed_to_last_holds_now(right: str, wrong: str) -> None:
    language = "vi" if right.startswith("Nếu") else "en"

    assert _passes(right, language)
    assert not _passes(wrong, language)
