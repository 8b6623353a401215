"""The report's page tells an editor why it waits and what publishing does; the list finds it."""

from __future__ import annotations

from typing import Any

import pytest

from reports import facts
from reports.models import Report, Run
from reports.publishing.publish import publish
from tests.html import Page
from tests.people import editor, staff
from tests.reports.admin import CREATED, change, make_report, signed_in, url
from tests.reports.sessions import session, sheet_of

pytestmark = pytest.mark.django_db

FAILED = {
    "kind": "observed",
    "passed": False,
    "reason": "“99,99” is neither a reference nor declared.",
    "sentence": "VN-Index tăng 99,99 điểm.",
    "times": 1,
    "figure_vi": "99,99",
    "figure_en": "99,99",
    "evidence_vi": "",
    "evidence_en": "",
}
NOTICES = ["cut: VN-Index tăng 99,99 điểm. (why)", "gemini: the daily quota is used up"]


def make_pair() -> tuple[Report, Report]:
    """A report in review, and the note that is public in its place."""
    note = make_report("vn-index-note", "published", title="VN-Index, tin ngắn", title_en="A note")
    return make_report(supersedes=note), note


def review(report: Report) -> str:
    page = Page(signed_in(staff("reports.view_report")).get(change(report)).content)
    return page.one("section", class_="review").text


def test_failed_figures_and_notices_are_told_once_with_the_sentence() -> None:
    report = make_report(
        verification={"figures": 9, "matched": 8, "checks": [FAILED]},
        notices=NOTICES,
        writer="gemini, analyst",
    )
    text = review(report)
    assert text.count("VN-Index tăng 99,99 điểm.") == 1
    assert "cũng không được khai báo" in text
    assert "the daily quota is used up" in text
    assert "Người viết: Gemini, quy tắc" in text
    assert "không có điểm nào" not in text.lower()


def test_disputed_indices_are_named() -> None:
    data: Any = facts.to_json(sheet_of(session("surge")))
    data["indices"][1]["agreement"] = "disputed"
    assert f"khác nhau về {data['indices'][1]['name'] or 'VN30'}." in review(
        make_report(facts=data)
    )


def test_english_to_come_and_a_draft_that_was_asked_for_are_named() -> None:
    report = make_report(translation_pending=True, title_en="", html_content_en="")
    Run.objects.create(
        slot=CREATED,
        trigger="editor",
        draft=True,
        heartbeat=CREATED,
        created_at=CREATED,
        report=report,
    )
    text = review(report)
    assert "Bản tiếng Anh chưa có" in text
    assert "bản nháp" in text


def test_a_report_that_was_taken_back_has_no_open_point() -> None:
    assert "Không có điểm nào còn ngỏ" in review(make_report())


def test_the_note_is_linked_and_what_publishing_does_to_it_is_told_before() -> None:
    report, note = make_pair()
    page = Page(signed_in(editor()).get(change(report)).content)
    assert "tin ngắn được gỡ" in page.one("section", class_="review").text
    assert change(note) in [link.get("href") for link in page.all("a")]
    publish(report)
    after = review(report)
    assert "tin ngắn được gỡ" not in after
    assert note.title in after


def test_the_note_links_to_its_report() -> None:
    report, note = make_pair()
    page = Page(signed_in(editor()).get(change(note)).content)
    assert "đang chờ duyệt" in page.one("section", class_="review").text
    assert change(report) in [link.get("href") for link in page.all("a")]


def test_a_usual_public_report_has_nothing_to_tell() -> None:
    page = Page(signed_in(editor()).get(change(make_report(status="published"))).content)
    assert page.all("section", class_="review") == []


@pytest.mark.parametrize("stored", [{}, {"indices": 7}, [1], "text"])
def test_facts_that_cannot_be_read_break_no_page(stored: Any) -> None:
    assert "Không có điểm nào" in review(make_report(facts=stored))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"open": "review"}, ["held"]),
        ({"open": "english"}, ["late"]),
        ({"open": "unproven"}, ["typed"]),
        ({"kind": "note"}, ["quiet"]),
        ({"kind": "stand-in"}, ["held-note"]),
        ({"kind": "report"}, ["held", "late", "typed"]),
        ({"writer": "gemini"}, ["late"]),
        ({"open": "anything"}, ["held", "held-note", "late", "quiet", "typed"]),
    ],
)
def test_the_list_finds_what_an_editor_looks_for(query: dict[str, str], found: list[str]) -> None:
    note = make_report("held-note", "published")
    make_report("held", supersedes=note)
    make_report("late", "published", translation_pending=True, writer="gemini")
    make_report("typed", "draft", verification={"unproven": 1})
    make_report("quiet", "published", is_note=True)
    response = signed_in(editor()).get(url("reports_report_changelist"), query)
    listed = response.context["cl"].queryset.values_list("slug", flat=True)
    assert sorted(listed) == found


def test_the_first_page_tells_how_many_wait() -> None:
    make_pair()
    make_report("second")
    page = Page(signed_in(editor()).get(url("index")).content)
    assert page.one("section", aria_labelledby="desk-review").text.startswith("Chờ duyệt 2")
