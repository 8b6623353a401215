"""What an editor types, held against the report's facts and its research."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User

from reports import facts
from reports.models import Report
from reports.publishing.checks import open_rows
from reports.writing.editing import checked, confirmed
from tests.reports.sessions import session, sheet_of

NEWS = {
    "id": "n1",
    "title": "FPT lãi 2.500 tỷ đồng",
    "summary": "FPT tăng 18%. VN-Index có lúc ở 1.700 điểm.",
    "url": "https://news.example/1",
    "source": "news.example",
    "published": None,
    "old": False,
}
NOON = datetime(2026, 8, 21, 5, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def sheet() -> Any:
    """VN-Index at 1,814.36, up 80.12 points; fear and greed at 54; Bitcoin up."""
    return facts.to_json(sheet_of(session("surge")))


@pytest.fixture
def report(sheet: Any) -> Report:
    return Report(facts=sheet, research=[NEWS])


def typed(report: Report, field: str, text: str, before: str = "") -> list[dict[str, Any]]:
    return list(checked(report, {field: before}, {field: text})["edited"][field])


@pytest.mark.parametrize(
    ("field", "text", "evidence"),
    [
        ("title", "VN-Index tăng 80,12 điểm", "VN-Index: Thay đổi"),
        ("title_en", "VN-Index closed at 1,814.36", "VN-Index: Điểm số"),
        ("title", "VN-Index đóng cửa quanh 1.785 điểm", "VN-Index: Điểm số"),
        ("title_en", "VN-Index rose about 4%", "VN-Index: Thay đổi, %"),
        ("title", "Chỉ số Sợ hãi và Tham lam khoảng 63", "Tiền mã hóa: Chỉ số Sợ hãi và Tham lam"),
        ("summary", "Riêng FPT lãi 2.500 tỷ đồng.", "news.example: FPT lãi 2.500 tỷ đồng"),
    ],
)
def test_a_figure_that_the_facts_or_a_quoted_item_prove_is_told_with_its_proof(
    report: Report, field: str, text: str, evidence: str
) -> None:
    rows = typed(report, field, text)
    assert rows
    assert all(row["passed"] for row in rows)
    assert evidence in [row["evidence_vi"] for row in rows]


@pytest.mark.parametrize(
    ("field", "text", "figure"),
    [
        ("title", "VN-Index tăng 81,12 điểm", "81,12 điểm"),
        ("title", "VN-Index giảm 80,12 điểm", "80,12 điểm"),
        ("title_en", "VN-Index closed at 1,785", "1,785"),  # "about" alone is given a tolerance
        ("title", "VN-Index khoảng 1.860 điểm", "1.860 điểm"),
        ("title_en", "VN-Index rose about 3%", "3%"),
        ("title", "Chỉ số Sợ hãi và Tham lam khoảng 65", "65"),
        ("title_en", "Bitcoin slipped", "slipped"),
        ("summary", "Riêng FPT lãi 2.600 tỷ đồng.", "2.600 tỷ đồng"),
        ("summary", "Hôm nay lãi 2.500 tỷ đồng.", "2.500 tỷ đồng"),  # whose?
        ("summary", "VN-Index đóng cửa ở 1.700 điểm.", "1.700 điểm"),  # no proof of an index
    ],
)
def test_what_nothing_proves_stays_open_with_the_reason(
    report: Report, field: str, text: str, figure: str
) -> None:
    found = checked(report, {field: ""}, {field: text})
    (row,) = open_rows(found, field)
    assert (row["figure"], found["unproven"]) == (figure, 1)
    assert figure in row["reason"]


def test_what_the_checker_doubts_in_the_text_as_it_stood_is_not_the_editors(report: Report) -> None:
    before = "VN-Index tăng 99 điểm. Thanh khoản cao."
    assert typed(report, "summary", "VN-Index tăng 99 điểm. Thanh khoản thấp.", before) == []
    (row,) = typed(report, "summary", "VN-Index tăng 98 điểm. Thanh khoản thấp.", before)
    assert row["figure"] == "98 điểm"


def test_a_report_without_readable_facts_is_not_checked() -> None:
    for stored in (None, {}, [], {"facts": 7}, "text"):
        report = Report(facts=stored, verification={"figures": 2, "matched": 2})
        assert checked(report, {"title": ""}, {"title": "VN-Index tăng 99 điểm"}) == {
            "figures": 2,
            "matched": 2,
        }


def test_a_word_is_kept_for_the_sentence_that_it_was_given_for(report: Report) -> None:
    user = User(pk=7, username="lan")
    first = "VN-Index tăng 99 điểm."
    report.verification = checked(report, {"summary": ""}, {"summary": first})
    report.verification = confirmed(report.verification, user, NOON)
    assert "unproven" not in report.verification
    (row,) = report.verification["edited"]["summary"]
    assert row["confirmed"] == {"user": 7, "name": "lan", "at": NOON.isoformat()}
    longer = checked(report, {"summary": first}, {"summary": f"{first} Một phiên tốt."})
    assert open_rows(longer) == []
    other = checked(report, {"summary": first}, {"summary": "VN-Index tăng 98 điểm."})
    assert [row["figure"] for row in open_rows(other)] == ["98 điểm"]


def test_where_nothing_is_open_a_word_changes_nothing() -> None:
    for verification in ({}, {"figures": 2, "matched": 2}):
        assert confirmed(verification, User(pk=7, username="lan"), NOON) == verification


def test_open_figures_of_a_field_that_is_not_typed_again_stay_open(report: Report) -> None:
    report.verification = checked(report, {"title": ""}, {"title": "VN-Index tăng 99 điểm"})
    again = checked(report, {"summary": ""}, {"summary": "VN-Index giảm."})
    assert again["unproven"] == 2
    mended = checked(report, {"title": "VN-Index tăng 99 điểm"}, {"title": "VN-Index tăng"})
    assert "unproven" not in mended
