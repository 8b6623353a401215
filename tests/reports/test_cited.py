"""What cites an item is held against it, whatever the item is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from bench.verification_reports import sheet_of
from reports.writing.verification import Declared, verify_text
from reports.writing.verification.cited.sources import UNPROVEN


@dataclass(frozen=True)
class Report:
    id: str
    title: str
    summary: str
    source: str


MINE = Report(
    "n1",
    "Zephyr Mining lifts zinc output 6.4%, Orlando Metals cuts its own by 2.7%",
    "Zephyr shares gained 1.1% in Toronto. Zinc traded at $2,480 a tonne, the most in nine weeks.",
    "Reuters",
)
PAIRED = Report(
    "n2",
    "Bình Minh báo lãi 318 tỷ đồng",
    "Bình Minh ghi nhận doanh thu 2.850 tỷ đồng và lợi nhuận 318 tỷ đồng, lần lượt tăng 8% và 29%.",
    "CafeF",
)
BASKET = Report(
    "n4", "HoSE thay đổi rổ VN30", "Cổ phiếu SSB vào rổ, PDR ra khỏi rổ từ ngày 7/8.", "VnEconomy"
)
PETROL = Report(
    "n3",
    "Xăng RON 95 giảm 410 đồng, Bitcoin 99000 là tin đồn, VN-Index 2000 cũng vậy",
    "Giá RON 95 còn 19.810 đồng một lít.",
    "VnExpress",
)


def passes(text: str, language: str, *figures: str, item: Report = MINE) -> bool:
    declared = [Declared(figure, "cited", item.id) for figure in figures]
    sheet = sheet_of(date(2021, 3, 1), 7)
    found = verify_text(
        f"{text} [[{item.id}]].", sheet, declared, [MINE, PAIRED, PETROL, BASKET], language, "news"
    )
    return all(item.passed for item in found)


@pytest.mark.parametrize(
    ("language", "text", "figures"),
    [
        ("en", "Orlando Metals reduced its output by 2.7%", ["2.7%"]),
        (
            "vi",
            "Zephyr Mining nâng sản lượng kẽm 6,4%, còn Orlando Metals giảm 2,7%",
            ["6,4%", "2,7%"],
        ),
        ("vi", "Kẽm giao dịch ở 2.480 USD/tấn, cao nhất chín tuần", ["2.480"]),
        ("en", "Zephyr raised its zinc output", []),
    ],
)
def test_a_faithful_rendering_passes(language: str, text: str, figures: list[str]) -> None:
    assert passes(text, language, *figures)


@pytest.mark.parametrize(
    ("language", "text", "figures"),
    [
        ("en", "Orlando Metals raised its output by 6.4%", ["6.4%"]),
        (
            "vi",
            "Orlando Metals nâng sản lượng kẽm 6,4%, còn Zephyr Mining giảm 2,7%",
            ["6,4%", "2,7%"],
        ),
        ("vi", "Kẽm giao dịch ở 2.480 USD/tấn, thấp nhất chín tuần", ["2.480"]),
        ("vi", "Kẽm giao dịch ở 2.480 USD/tấn, cao nhất sáu tuần", ["2.480"]),
        ("en", "Zephyr cut its zinc output", []),
    ],
)
def test_names_ways_and_records_must_be_those_of_the_item(
    language: str, text: str, figures: list[str]
) -> None:
    assert not passes(text, language, *figures)


@pytest.mark.parametrize(
    ("text", "figures", "true"),
    [
        ("Lợi nhuận của Bình Minh tăng 29%", ["29%"], True),
        ("Bình Minh đạt doanh thu 2.850 tỷ đồng, tăng 8%", ["2.850", "8%"], True),
        ("Lợi nhuận của Bình Minh tăng 8%", ["8%"], False),
        ("Doanh thu của Bình Minh tăng 29%", ["29%"], False),
        ("Bình Minh lãi 2.850 tỷ đồng", ["2.850"], False),
    ],
)
def test_of_two_told_in_turn_each_keeps_its_own(text: str, figures: list[str], true: bool) -> None:
    assert passes(text, "vi", *figures, item=PAIRED) is true


@pytest.mark.parametrize(
    ("language", "text", "true"),
    [
        ("en", "Reuters reported that Zephyr raised its zinc output", True),
        ("en", "CafeF reported that Zephyr raised its zinc output", False),
        ("vi", "Theo CafeF, kẽm giao dịch ở mức cao nhất chín tuần", False),
        ("vi", "Theo Reuters, kẽm giao dịch ở mức cao nhất chín tuần", True),
    ],
)
def test_who_reports_is_the_source_of_what_is_cited(language: str, text: str, true: bool) -> None:
    assert passes(text, language) is true


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Zephyr led the miners as zinc traded at the most in nine weeks"),
        ("vi", "Giá kẽm gấp rưỡi mức bình quân"),
    ],
)
def test_the_sheet_says_nothing_against_what_is_not_about_it(language: str, text: str) -> None:
    """VN-Index led nobody and has no average of zinc: only the item can contradict such words."""
    sheet = sheet_of(date(2021, 3, 1), 7)
    found = verify_text(f"{text} [[n1]].", sheet, [], [MINE], language, "news")
    assert all(UNPROVEN in item.reason for item in found if not item.passed)


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("Giá xăng RON 95 giảm", True),
        ("VN-Index 2000", False),
        ("VN-Index ở 2000 điểm", False),
        ("Giá Bitcoin 99000", False),
        ("Giá xăng RON 92 giảm", False),
    ],
)
def test_digits_in_a_name_of_the_item_are_no_figure(text: str, true: bool) -> None:
    assert passes(text, "vi", item=PETROL) is true


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("The basket will drop PDR", True),
        ("The basket will take in SSB", True),
        ("The basket will drop SSB", False),
        ("The basket will drop VIC", False),
    ],
)
def test_a_basket_drops_what_the_item_says_it_does(text: str, true: bool) -> None:
    assert passes(text, "en", item=BASKET) is true
