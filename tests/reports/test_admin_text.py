"""The prose of a report in review: corrected text by text, checked, rendered, and logged."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from reports import document, facts
from reports.document import Callout, Document, ListBlock, Paragraph, Section, Table
from reports.models import Report
from tests.html import Page
from tests.people import editor, staff
from tests.reports.admin import change, make_report, signed_in, told, url
from tests.reports.sessions import session, sheet_of

pytestmark = pytest.mark.django_db

CUT = "VN-Index chốt ở {{vnindex.close}} điểm. […]"
TABLE = Table("Bảng", ("Chỉ số",), (("VN-Index",),))


def text_of(*blocks: Any) -> dict[str, Any]:
    calm = Section("trend", "Xu hướng", (Paragraph("Thị trường yên ắng."),))
    return document.to_json(
        Document("Bài", "Tóm tắt", (Section("indices", "Chỉ số", blocks), calm))
    )


@pytest.fixture
def report() -> Report:
    return make_report(
        facts=facts.to_json(sheet_of(session("surge"))),
        document=text_of(Paragraph(CUT), TABLE, ListBlock(("Một ý.", "Hai ý.")), Callout("T", "C")),
        document_en=text_of(Paragraph("VN-Index closed at {{vnindex.close}}.")),
        verification={"figures": 9, "matched": 9, "checks": []},
    )


def page_of(report: Report) -> str:
    return url("reports_report_text", report.pk)


def fields(client: Client, report: Report) -> dict[str, str]:
    """What the form would send as it was opened."""
    page = Page(client.get(page_of(report)).content)
    found = {item.get("name") or "": item.text.lstrip("\n") for item in page.all("textarea")}
    return found | {"version": page.one("input", name="version").get("value") or ""}


def save(client: Client, report: Report, **texts: str) -> Any:
    changed = {name.replace("_", "-"): text for name, text in texts.items()}
    return client.post(page_of(report), fields(client, report) | changed)


def test_a_corrected_text_is_rendered_checked_and_logged(report: Report) -> None:
    user = editor()
    client = signed_in(user)
    assert page_of(report) in client.get(change(report)).content.decode()
    opened = fields(client, report)
    assert opened["vi-0-0-0"] == CUT
    assert {name for name in opened if name.startswith("vi-0")} == {
        "vi-0-0-0", "vi-0-2-0", "vi-0-2-1", "vi-0-3-0", "vi-0-3-1",
    }  # fmt: skip
    done = save(
        client,
        report,
        vi_0_0_0="VN-Index tăng {{vnindex.change|signed}} điểm <b>hôm nay</b>.",
        vi_0_2_0="",
        en_0_0_0="VN-Index rose to {{vnindex.close}}.",
    )
    assert told(done) == ["Đã lưu phần văn bản."]
    report.refresh_from_db()
    new = document.from_json(report.document)
    assert new.sections[0].blocks[1:3] == (TABLE, ListBlock(("Hai ý.",)))
    assert "+80,12" in report.html_content
    assert "&lt;b&gt;hôm nay" in report.html_content
    assert "[…]" not in report.html_content
    assert "rose to" in report.html_content_en
    assert all(row["passed"] for row in report.verification["edited"]["body"])
    entries = LogEntry.objects.filter(user=user, object_id=str(report.pk))
    assert sorted(entry.change_message for entry in entries) == [
        "Đã sửa văn bản (en): Chỉ số.", "Đã sửa văn bản (vi): Chỉ số.",
    ]  # fmt: skip


def test_what_is_not_proven_stands_in_the_review_until_it_is_put_right(report: Report) -> None:
    client = signed_in(editor())
    done = save(client, report, vi_0_0_0="VN-Index tăng 99 điểm.")
    assert told(done)[0].startswith("Đã lưu. Chưa phải mọi điều")
    save(client, report, vi_1_0_0="Thị trường sôi động.")  # another text: the doubt stays
    review = Page(client.get(change(report)).content).one("section", class_="review").text
    assert "99 điểm" in review
    publish = {"version": Report.objects.get(pk=report.pk).updated_at.isoformat()}
    client.post(url("reports_report_publish", report.pk), publish)
    assert Report.objects.get(pk=report.pk).status == "review"
    save(client, report, vi_0_0_0="VN-Index tăng {{vnindex.change}} điểm.")
    assert "unproven" not in Report.objects.get(pk=report.pk).verification


@pytest.mark.parametrize("text", ["Xem {{vnindex.unheard_of}}.", "Xem [[n9]].", "Xem {{vnindex."])
def test_what_the_report_does_not_have_is_refused(report: Report, text: str) -> None:
    before = report.document
    page = Page(save(signed_in(editor()), report, vi_0_0_0=text).content)
    assert "Báo cáo không có" in page.text
    report.refresh_from_db()
    assert report.document == before


def test_a_text_that_somebody_changed_meanwhile_is_not_replaced(report: Report) -> None:
    client = signed_in(editor())
    opened = fields(client, report)
    report.save()
    done = client.post(page_of(report), opened | {"vi-0-0-0": "Mới."})
    assert "Có người vừa sửa báo cáo này" in Page(done.content).text
    report.refresh_from_db()
    assert report.document == text_of(
        Paragraph(CUT), TABLE, ListBlock(("Một ý.", "Hai ý.")), Callout("T", "C")
    )


def test_only_an_editor_edits_and_only_what_waits_for_review(report: Report) -> None:
    assert signed_in(staff("reports.view_report")).get(page_of(report)).status_code == 403
    Report.objects.filter(pk=report.pk).update(status="draft")
    assert signed_in(editor()).get(page_of(report)).status_code == 404
