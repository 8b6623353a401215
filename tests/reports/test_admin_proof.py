"""Figures that editors type: proven, or shown with the reason and published on somebody's word."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from reports import facts
from reports.models import Report
from reports.publishing import publish as moves
from tests.html import Page
from tests.people import editor, staff
from tests.reports.admin import CREATED, change, make_report, signed_in, told, typed, url
from tests.reports.sessions import session, sheet_of
from tests.reports.test_admin_publication import act, public, status

pytestmark = pytest.mark.django_db

RIGHT = "VN-Index tăng 80,12 điểm"
WRONG = "VN-Index tăng 99 điểm"
WORD = {"confirmed": "on"}
PUBLISH = {"_publish": "1"}


@pytest.fixture(scope="module")
def sheet() -> Any:
    return facts.to_json(sheet_of(session("surge")))


@pytest.fixture
def report(sheet: Any) -> Report:
    """A report in review whose facts are known."""
    return make_report(facts=sheet, verification={"figures": 9, "matched": 9, "checks": []})


def stored(report: Report) -> Report:
    return Report.objects.get(pk=report.pk)


def rows(report: Report, field: str = "title") -> list[dict[str, Any]]:
    return list(stored(report).verification["edited"][field])


def doubts(page: Page) -> list[str]:
    """What stands beside the fields of the form."""
    return [
        item.text
        for item in page.all("div", class_="help")
        if "80," in item.text or "99" in item.text
    ]


def test_a_proven_text_is_published_without_another_word(report: Report) -> None:
    client = signed_in(editor())
    response = client.post(change(report), typed(report, title=RIGHT) | PUBLISH)
    assert told(response)[0].startswith("Báo cáo đã được đăng")
    assert [(row["figure"], row["passed"]) for row in rows(report)] == [("80,12 điểm", True)]
    page = Page(Client().get("/reports/vn-index/").content)
    assert page.one("a", class_="chip").text.startswith("✓ 10/10")


def test_an_unproven_text_is_kept_and_shown_with_its_reason_beside_the_field(
    report: Report,
) -> None:
    client = signed_in(editor())
    response = client.post(change(report), typed(report, title=WRONG))
    assert stored(report).title == WRONG
    assert any("chưa được chứng minh" in text for text in told(response))
    page = Page(client.get(change(report)).content)
    (beside,) = doubts(page)
    assert "99 điểm" in beside
    assert "không khớp số liệu nào" in beside
    assert page.one("input", type="checkbox", name="confirmed").get("checked") is None


def test_it_is_not_published_before_somebody_vouches_for_it(report: Report) -> None:
    client = signed_in(editor())
    response = client.post(change(report), typed(report, title=WRONG) | PUBLISH)
    assert (stored(report).title, status(report)) == (WRONG, "review")
    assert any(text.startswith("Chưa đăng") for text in told(response))
    client.post(change(report), typed(report) | PUBLISH)
    assert status(report) == "review"


def test_who_vouches_is_recorded_with_the_time_and_the_figures_and_readers_are_told(
    report: Report, at: Any
) -> None:
    at("2026-08-21T09:00:00Z")
    user = editor()
    client = signed_in(user)
    client.post(change(report), typed(report, title=WRONG) | WORD | PUBLISH)
    assert status(report) == "published"
    (row,) = rows(report)
    assert row["confirmed"] == {"user": user.pk, "name": "lan", "at": "2026-08-21T09:00:00+00:00"}
    assert LogEntry.objects.filter(change_message__contains="99 điểm", user=user).exists()
    page = Page(Client().get("/reports/vn-index/").content)
    told_to_readers = page.one("table", class_="proofs").text
    assert "biên tập viên đã kiểm" in told_to_readers
    assert "✗" not in told_to_readers
    assert "lan" not in told_to_readers.split()
    assert page.one("a", class_="chip").text.startswith("9/10")


def test_each_language_shows_what_was_typed_in_it(report: Report) -> None:
    sent = typed(report, title=WRONG, title_en="VN-Index rose 98 points") | WORD | PUBLISH
    signed_in(editor()).post(change(report), sent)
    vietnamese = Page(Client().get("/reports/vn-index/").content).one("table", class_="proofs")
    english = Page(Client().get("/en/reports/vn-index/").content).one("table", class_="proofs")
    assert ("99 điểm" in vietnamese.text, "98 points" in vietnamese.text) == (True, False)
    assert ("99 điểm" in english.text, "98 points" in english.text) == (False, True)
    assert "checked by an editor" in english.text


@pytest.mark.parametrize("state", ["published", "scheduled"])
def test_a_text_that_is_or_will_be_public_is_saved_only_with_that_word(
    report: Report, state: str
) -> None:
    Report.objects.update(status=state, published_at=CREATED)
    client = signed_in(editor())
    response = client.post(change(report), typed(report, title=WRONG))
    page = Page(response.content)
    assert page.one("input", name="title").get("value") == WRONG  # nothing typed is lost
    assert len(doubts(page)) == 1
    assert stored(report).title != WRONG
    client.post(change(report), typed(report, title=WRONG) | WORD)
    assert stored(report).title == WRONG
    assert rows(report)[0]["confirmed"]["name"] == "lan"


def test_who_may_not_publish_cannot_vouch(report: Report) -> None:
    writer = signed_in(staff("reports.view_report", "reports.change_report"))
    writer.post(change(report), typed(report, title=WRONG) | WORD)
    assert stored(report).verification["unproven"] == 1
    page = Page(writer.get(change(report)).content)
    assert page.all("input", name="confirmed") == []
    assert len(doubts(page)) == 1


def test_who_may_not_edit_can_vouch_where_he_publishes(report: Report) -> None:
    signed_in(editor()).post(change(report), typed(report, title=WRONG))
    reviewer = signed_in(staff("reports.view_report", "reports.publish_report"))
    page = Page(reviewer.get(change(report)).content)
    assert "99 điểm" in page.one("label", class_="vouch").text
    assert "không khớp số liệu nào" in page.one("section", class_="review").text
    address = url("reports_report_publish", report.pk)
    sent = {"version": typed(report)["version"]}
    reviewer.post(address, sent)
    assert status(report) == "review"
    reviewer.post(address, sent | WORD)
    assert status(report) == "published"
    assert rows(report)[0]["confirmed"]["name"] == "minh"


def test_no_other_way_makes_an_unproven_text_public(report: Report) -> None:
    client = signed_in(editor())
    client.post(change(report), typed(report, title=WRONG))
    response = act(client, "publish_selected", report)
    assert told(response)[-1].startswith("1 báo cáo chưa đăng")
    when = {"when": "2030-01-01T08:00", "version": typed(report)["version"]}
    client.post(url("reports_report_schedule", report.pk), when)
    assert not moves.publish(report)
    assert status(report) == "review"
    assert public(report) == 404


def test_a_text_that_is_not_changed_is_not_checked_again(report: Report) -> None:
    Report.objects.update(title=WRONG)
    signed_in(editor()).post(change(report), typed(report, summary="Một phiên tốt."))
    assert stored(report).verification["edited"] == {"summary": []}
    signed_in(editor("hoa")).post(change(report), typed(report) | PUBLISH)
    assert status(report) == "published"


def test_a_report_without_facts_raises_no_alarm() -> None:
    report = make_report(origin="imported", verification={})
    client = signed_in(editor())
    article = {"html": "<p>Một phiên.</p>", "report_type": "market"}
    client.post(change(report), typed(report, title=WRONG, **article) | PUBLISH)
    assert status(report) == "published"
    assert stored(report).verification == {}
    assert Page(Client().get("/reports/vn-index/").content).all("details", class_="checks") == []
