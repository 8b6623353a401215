"""What cites an item is held against it, whatever the item is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from bench.verification_reports import sheet_of
from reports.writing.verification import Declared, verify_text


@dataclass(frozen=True)
class Report:
    id: str
    title: str
    summary: str


MINE = Report(
    "n1",
    "Zephyr Mining lifts zinc output 6.4%, Orlando Metals cuts its own by 2.7%",
    "Zephyr shares gained 1.1% in Toronto. Zinc traded at $2,480 a tonne, the most in nine weeks.",
)


def passes(text: str, language: str, *figures: str) -> bool:
    declared = [Declared(figure, "cited", "n1") for figure in figures]
    sheet = sheet_of(date(2021, 3, 1), 7)
    found = verify_text(f"{text} [[n1]].", sheet, declared, [MINE], language, "news")
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
