"""An editor writes a report in HTML: cleaned on save, drawn, previewed, published."""

from __future__ import annotations

import pytest
from django.test import Client

from reports.models import Report
from tests.html import Page
from tests.people import editor, staff
from tests.reports.admin import change, make_report, signed_in, told, typed, url

pytestmark = pytest.mark.django_db

CHART = '<!-- CHART_DATA: {"type":"bar","title":"A","labels":["x","y"],"values":[1,-2]} -->'
HTML = f"<h1>Mục</h1>\r\n<p onclick=x>Chữ</p><script>x()</script>\r\n{CHART}<div id=c></div>"


@pytest.fixture
def client() -> Client:
    return signed_in(editor())


def form(**fields: str) -> dict[str, str]:
    blank = {"summary": "", "title_en": "", "summary_en": "", "html_en": "", "symbol": ""}
    return {**blank, "title": "Bài của Lan", "report_type": "market", "html": HTML} | fields


def test_an_editor_writes_one_and_is_told_what_was_taken_out(client: Client) -> None:
    response = client.post(url("reports_report_add"), form(_preview="1"))
    report = Report.objects.get()
    assert response["Location"] == url("reports_report_preview", report.pk)
    assert "Đã bỏ khỏi bài tiếng Việt: onclick ×1, script ×1." in told(response)
    assert (report.origin, report.status, report.title) == ("editor", "draft", "Bài của Lan")
    assert report.slug.startswith("bai-cua-lan-")
    page = Page(report.html_content)
    assert page.one("h2").text == "Mục"
    assert len(page.all("svg")) == 1
    assert "script" not in report.html_content
    shown = client.get(url("reports_report_page", report.pk)).content.decode()
    assert report.html_content in shown


def test_it_is_edited_as_it_was_typed_and_saved_unchanged_when_nothing_was(client: Client) -> None:
    client.post(url("reports_report_add"), form())
    report = Report.objects.get()
    before = report.html_content
    area = Page(client.get(change(report)).content).one("textarea", id="id_html")
    text = "".join(area.parts).removeprefix("\n").replace("\r\n", "\n")
    assert text.count("CHART_DATA") == 1
    assert "<svg" not in text
    values = typed(report, report_type="market", symbol="", html_en="")
    client.post(change(report), values | {"html": text.replace("\n", "\r\n")})
    report.refresh_from_db()
    assert report.html_content == before
    client.post(
        change(report),
        typed(report, report_type="daily", symbol="FPT", html_en="")
        | {"html": "<p>Khác</p>", "title_en": "Other", "html_en": "<p>Other</p>"},
    )
    report.refresh_from_db()
    assert (report.html_content, report.html_content_en) == ("<p>Khác</p>", "<p>Other</p>")
    assert (report.symbol, report.report_type) == ("FPT", "daily")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"html": "<div>" * 500}, "400 elements"),
        ({"html": '<!-- CHART_DATA: {"type":"x"} -->'}, "chart 1: type must be one of"),
        ({"html": "<script>x</script>"}, "Không còn gì"),
        ({"html": ""}, "Trường này là bắt buộc"),
        ({"html_en": "<p>English</p>"}, "cần có tiêu đề"),
        ({"html": "a" * 1_000_001}, "1000000"),
    ],
)
def test_what_cannot_be_shown_is_refused_and_nothing_typed_is_lost(
    fields: dict[str, str], reason: str, client: Client
) -> None:
    response = client.post(url("reports_report_add"), form(**fields))
    assert response.status_code == 200
    page = Page(response.content)
    errors = " ".join(item.text for item in page.all("ul", class_="errorlist"))
    assert reason in errors
    kept = page.one("textarea", id="id_html").text
    assert kept.split() == fields.get("html", HTML).split()
    assert not Report.objects.exists()


def test_the_article_of_a_run_stays_its_own(client: Client) -> None:
    report = make_report()
    page = Page(client.get(change(report)).content)
    assert not page.all("textarea", id="id_html")
    client.post(change(report), typed(report, title="Mới") | {"html": "<p>x</p>"})
    report.refresh_from_db()
    assert (report.title, report.html_content) == ("Mới", "<p>Bài viết</p>")


def test_who_may_not_change_it_reads_its_source_and_nobody_else_adds_one() -> None:
    report = make_report(origin="editor", html_content="<p>Bài</p>")
    reader = signed_in(staff("reports.view_report"))
    page = Page(reader.get(change(report)).content)
    assert "<p>Bài</p>" in page.one("pre", lang="vi").text
    assert reader.get(url("reports_report_add")).status_code == 403


def test_an_older_state_never_replaces_what_somebody_else_saved(client: Client) -> None:
    report = make_report(origin="editor", html_content="<p>Bài</p>", verification={})
    stale = typed(report, report_type="market", symbol="", html_en="", html="<p>Của tôi</p>")
    Report.objects.get(pk=report.pk).save()
    response = client.post(change(report), stale)
    assert response.status_code == 200
    assert "<p>Của tôi</p>" in Page(response.content).one("textarea", id="id_html").text
    report.refresh_from_db()
    assert report.html_content == "<p>Bài</p>"


def test_the_list_offers_to_write_one(client: Client) -> None:
    page = Page(client.get(url("reports_report_changelist")).content)
    links = page.all("a", href=url("reports_report_add"))
    assert "Tự viết một báo cáo" in [link.text for link in links]
