"""The public table of how a report was checked, and the words that sum it up."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from reports.facts import FactSheet
from reports.models import Report
from reports.publishing.checks import check_rows, proven
from tests.html import Page
from tests.reports.admin import make_report
from tests.reports.model_runs import finished, paragraph, report_of, said
from tests.reports.sessions import session, sheet_of
from tests.upstreams import Upstreams

ITEM = {"id": "n1", "title": "FPT lãi lớn", "source": "news.example"}


@pytest.fixture(scope="module")
def sheet() -> FactSheet:
    return sheet_of(session("surge"))


def check(
    figure: str, kind: str, evidence: str, reason: str = "", sentence: str = ""
) -> dict[str, Any]:
    return {
        "section": "trend",
        "sentence": sentence or figure,
        "figure": figure,
        "kind": kind,
        "evidence": evidence,
        "passed": not reason,
        "reason": reason,
    }


def test_a_fact_is_of_one_kind_however_the_text_came_by_it(sheet: FactSheet) -> None:
    for key, kind in (("vnindex.rsi14", "derived"), ("vnindex.close", "observed")):
        assert sheet.facts[key].kind == kind
        (row,) = check_rows([check("1", said, key) for said in ("observed", "derived")], sheet)
        assert (row["kind"], row["times"]) == (kind, 2)


@pytest.mark.parametrize(
    ("found", "vietnamese", "english"),
    [
        (
            check("1.814,36", "observed", "vnindex.close"),
            ("1.814,36", "VN-Index: Điểm số"),
            ("1,814.36", "VN-Index: Level"),
        ),
        (
            check("+4,62%", "observed", "vnindex.change_percent"),
            ("+4,62%", "VN-Index: Thay đổi, %"),
            ("+4.62%", "VN-Index: Change, %"),
        ),
        (
            check("0,5", "derived", "vnindex.close - vn30.close"),
            ("0,5", "VN-Index: Điểm số - VN30: Điểm số"),
            ("0,5", "VN-Index: Level - VN30: Level"),
        ),
        (
            check("chuỗi 5 phiên giảm", "claim", "vnindex closes"),
            ("chuỗi 5 phiên giảm", "VN-Index: các mức đóng cửa"),
            ("chuỗi 5 phiên giảm", "VN-Index: stored closes"),
        ),
        (
            check("2%", "derived", "vnindex close of 2026-08-20, vn30 closes"),
            ("2%", "VN-Index: đóng cửa 20/8/2026, VN30: các mức đóng cửa"),
            ("2%", "VN-Index: close of 20\u00a0August\u00a02026, VN30: stored closes"),
        ),
        (
            check("hai", "count", "vnindex, vn30"),
            ("hai", "VN-Index, VN30"),
            ("hai", "VN-Index, VN30"),
        ),
        (
            check("18%", "cited", "[[n1]]"),
            ("18%", "news.example: FPT lãi lớn"),
            ("18%", "news.example: FPT lãi lớn"),
        ),
        (check("7", "cited", "n9"), ("7", "n9"), ("7", "n9")),
        (check("ngày 31/8", "date", ""), ("ngày 31/8", ""), ("ngày 31/8", "")),
        (
            check("trên ({{vnindex.close}}", "claim", "vnindex.unheard_of"),
            ("trên (1.814,36)", "vnindex.unheard_of"),
            ("trên (1.814,36)", "vnindex.unheard_of"),
        ),
    ],
)
def test_a_figure_and_its_proof_are_written_for_readers(
    sheet: FactSheet, found: dict[str, Any], vietnamese: tuple[str, str], english: tuple[str, str]
) -> None:
    (row,) = check_rows([found], sheet, [ITEM])
    assert (row["figure_vi"], row["evidence_vi"]) == vietnamese
    assert (row["figure_en"], row["evidence_en"]) == english


def test_the_same_proof_is_told_once_with_how_often(sheet: FactSheet) -> None:
    close = check("1.814,36", "observed", "vnindex.close")
    failed = check("1.814,36", "observed", "vnindex.close", "is odd", "Ở {{vnindex.close}} điểm.")
    first, second = check_rows([close, failed, close], sheet)
    assert (first["times"], first["passed"]) == (2, True)
    assert (second["times"], second["passed"], second["sentence"]) == (1, False, "Ở 1.814,36 điểm.")


def test_the_sum_counts_what_editors_typed_in_the_language_of_the_page() -> None:
    verification = {
        "figures": 5,
        "matched": 4,
        "edited": {"title": [{"passed": True}], "summary_en": [{"passed": False}], "gone": [{}]},
    }
    assert proven(verification, "vi") == (5, 6)
    assert proven(verification, "en") == (4, 6)
    assert proven({}, "vi") == (0, 0)


@pytest.mark.django_db
def test_a_models_report_shows_each_check_and_what_was_cut_first(
    numbers: Upstreams, settings: Settings
) -> None:
    settings.REPORT_WRITERS = ["gemini", "analyst"]
    numbers.always(
        "gemini.generate",
        said([paragraph("VN-Index tăng 99,99 điểm, lên {{vnindex.close}} điểm.")]),
    )
    report = report_of(finished())
    report.status, report.published_at = "published", report.created_at
    report.save()
    for prefix, cut in (("", "không chứng minh được, đã cắt"), ("/en", "not proven, cut")):
        page = Page(Client().get(f"{prefix}/reports/{report.slug}/").content)
        rows = page.one("table", class_="proofs").text.split("99,99")
        assert "✓" not in rows[0]  # what was cut stands first
        assert cut in rows[1]
        chip = page.all("a", class_="chip")[0]
        assert chip.get("href") == "#checks"
        assert page.one("div", id="checks")
        matched, figures = report.verification["matched"], report.verification["figures"]
        assert chip.text.startswith(f"{matched}/{figures} ")
        assert matched < figures


@pytest.mark.django_db
def test_words_of_the_other_language_are_marked_as_such() -> None:
    row = {
        "kind": "direction",
        "passed": True,
        "reason": "",
        "times": 1,
        "language": "vi",
        "figure_vi": "tăng",
        "figure_en": "tăng",
        "evidence_vi": "VN30",
        "evidence_en": "VN30",
    }
    make_report(status="published", verification={"figures": 1, "matched": 1, "checks": [row]})
    english = Page(Client().get("/en/reports/vn-index/").content)
    assert [item.text for item in english.all("span", lang="vi")] == ["tăng"]
    vietnamese = Page(Client().get("/reports/vn-index/").content)
    assert vietnamese.all("span", lang="vi") == []


@pytest.mark.django_db
def test_an_older_report_has_its_sum_and_no_table() -> None:
    make_report(status="published")
    page = Page(Client().get("/reports/vn-index/").content)
    assert page.all("details", class_="checks") == []
    assert page.all("a", class_="chip")[0].get("href") == "#numbers"


def test_the_table_on_the_page_holds_no_key_of_ours(client: Client, report: Report) -> None:
    for path in (f"/reports/{report.slug}/", f"/en/reports/{report.slug}/"):
        table = Page(client.get(path).content).one("table", class_="proofs").text
        assert "VN-Index: " in table
        assert re.findall(r"\b(?:vnindex|vn30|hnxindex|hnx30|upcomindex)\b", table) == []
