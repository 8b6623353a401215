"""Home, archive and report as readers get them, and what they cost the database."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from reports.models import Report, Schedule
from reports.models.report import LARGE_FIELDS
from reports.publishing.publish import publish, withdraw
from tests.html import Page
from tests.pages import Archive, Write, address, read
from tests.reports.admin import make_report

LATER = datetime(2026, 8, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def editor(db: None) -> Client:
    """Signed in: staff who may see reports."""
    return signed_in(staff("hoa", "view_report"))


def staff(name: str, *permissions: str) -> AbstractBaseUser:
    user = get_user_model().objects.create(username=name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def signed_in(user: AbstractBaseUser) -> Client:
    client = Client()
    client.force_login(user)
    return client


def at_address(report: Report, language: str = "vi") -> str:
    return address("report-detail", language, report.slug)


def queries(client: Client, path: str) -> list[str]:
    """The SQL of the second call: the first one fills caches that last."""
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def stories(page: Page) -> list[str]:
    """The headlines of the listed reports."""
    links = [item for item in page.all("a") if "/reports/" in item.attributes["href"]]
    return [item.text for item in links if re.match(r"Bài |Story |VN-Index", item.text)]


@pytest.mark.parametrize(
    ("path", "headline", "kicker", "earlier"),
    [
        (
            "/",
            "VN-Index tăng mạnh 1,95% lên 1.768,12, phiên tăng mạnh nhất trong 259 phiên",
            "Thị trường Việt Nam · Báo cáo chiều",
            "Đây là báo cáo đầu tiên.",
        ),
        (
            "/en/",
            "VN-Index climbed 1.95% to 1,768.12, the best day in 259 sessions",
            "Vietnamese market · Closing report",
            "This is the first report.",
        ),
    ],
)
def test_the_front_page_leads_with_the_newest_report_and_its_chart(
    client: Client, report: Report, path: str, headline: str, kicker: str, earlier: str
) -> None:
    page = read(client, path)
    assert page.one("h1").text.replace("\u00a0", " ") == headline
    assert page.one("p", class_="kicker").text == kicker
    assert len(page.all("svg", class_="plot")) == 1
    assert len(page.one("figure").text) > 1000  # the chart's numbers stand below it
    assert earlier in page.text
    chip = page.one("a", class_="ok")
    assert chip.attributes["href"].endswith(f"/reports/{report.slug}/#checks")
    assert re.match(r"✓ (\d+)/\1 ", chip.text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("about", "subject"),
    [
        ({"report_type": "crypto"}, "Tiền mã hóa"),
        ({"symbol": "FPT", "report_type": "daily"}, "FPT"),
        ({"report_type": "daily"}, "Thị trường Việt Nam"),
    ],
)
def test_an_imported_report_is_headed_by_what_it_is_about(
    client: Client, about: dict[str, str], subject: str
) -> None:
    make_report("old", "published", origin="imported", **about)
    for path in ("/", "/reports/old/", "/reports/old/export.html"):
        kicker = read(client, path).one("p", class_="kicker").text
        assert kicker == f"{subject} · Báo cáo chiều", path


def test_the_front_page_lists_six_earlier_reports_newest_first(
    client: Client, archive: Archive
) -> None:
    archive(8)
    assert stories(read(client, "/"))[1:] == [f"Bài {number}" for number in range(1, 7)]
    assert stories(read(client, "/en/"))[1:] == [f"Story {number}" for number in range(1, 7)]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/en/", "/reports/", "/en/reports/"])
def test_a_site_without_reports_says_when_the_first_is_due(
    client: Client, at: Callable[[str], None], settings: Settings, path: str
) -> None:
    at("2026-08-21T08:10:00Z")
    page = read(client, path)
    assert page.one("h1").text
    english = path.startswith("/en/")
    due = "21 August 2026, 18:00 ICT" if english else "21/8/2026, 18:00 (GMT+7)"
    assert due in page.text.replace("\u00a0", " ")
    already = "The indices are already here." if english else "Các chỉ số đã có sẵn."
    assert already not in page.text
    settings.ENABLE_AUTO_REPORT_SCHEDULER = False
    off = "Scheduled reports are switched off." if english else "Lịch viết báo cáo đang tắt."
    assert off in read(client, path).text


@pytest.mark.django_db
def test_the_editors_schedule_decides_when_the_first_is_due(
    client: Client, at: Callable[[str], None]
) -> None:
    at("2026-08-21T08:10:00Z")
    Schedule.objects.create(enabled=True, interval_hours=3, times="09:05")
    assert "22/8/2026, 09:05" in read(client, "/").text


def test_a_report_reads_whole_in_both_languages(client: Client, report: Report) -> None:
    page = read(client, at_address(report))
    text = page.text.replace("\u00a0", " ")
    assert "Cả 5 chỉ số cùng tăng" in text
    assert "783,5 triệu cổ phiếu" in text
    assert "Viết theo quy tắc, không dùng mô hình ngôn ngữ" in text
    assert "Không phải khuyến nghị đầu tư. Số liệu đến 21/8/2026, 15:06 (GMT+7)." in text
    english = read(client, at_address(report, "en"))
    words = english.text.replace("\u00a0", " ")
    assert "All five indices rose" in words
    assert "783.5 million shares" in words
    assert "Not investment advice. Data as of 21 August 2026, 15:06 ICT." in words
    contents = [item.attributes["href"] for item in page.all("a")]
    sections = [f"#{item.get('id')}" for item in page.all("section")]
    assert [link for link in contents if link in sections] == sections
    for name in ("og:title", "og:description"):
        assert english.one("meta", property=name).get("content")


def test_every_figure_of_a_report_leads_to_its_row_with_source_and_time(
    client: Client, report: Report
) -> None:
    page = read(client, at_address(report))
    figures = page.all("a", class_="fig")
    assert len(figures) > 40
    rows = {f"#{row.get('id')}": row.text for row in page.all("tr") if row.get("id")}
    for figure in figures:
        upcom = figure.attributes["href"].startswith("#n-upcomindex-")  # trades on until 15:00
        source, time = ("VNDirect", "15:06") if upcom else ("Vietcap", "14:45")
        assert f"{source} · 21/8/2026, {time}" in figure.attributes["data-source"]
        assert f"{source}, 21/8/2026, {time}" in rows[figure.attributes["href"]]
        assert figure.text.lstrip("+-") in rows[figure.attributes["href"]]


def test_neighbours_lead_to_the_report_before_and_the_one_after(
    client: Client, archive: Archive
) -> None:
    archive(3)
    page = read(client, "/reports/older-2/")
    assert page.one("a", rel="prev").attributes["href"] == "/reports/older-3/"
    assert page.one("a", rel="next").attributes["href"] == "/reports/older-1/"
    assert not read(client, "/reports/older-3/").all("a", rel="prev")
    newest = Report.objects.published().first()
    assert newest
    assert not read(client, at_address(newest)).all("a", rel="next")


def test_neighbours_of_one_minute_are_told_apart(client: Client, archive: Archive) -> None:
    rows = archive(3)
    Report.objects.update(published_at=LATER)
    first, second, third = rows
    page = read(client, at_address(second))
    assert page.one("a", rel="prev").attributes["href"] == at_address(first)
    assert page.one("a", rel="next").attributes["href"] == at_address(third)


def test_only_published_reports_are_listed_and_open(client: Client, archive: Archive) -> None:
    rows = archive(len(Report.Status))
    for row, status in zip(rows, Report.Status, strict=True):
        Report.objects.filter(pk=row.pk).update(status=status)
    (public,) = [
        row for row, status in zip(rows, Report.Status, strict=True) if status == "published"
    ]
    for row in rows:
        response = client.get(at_address(row))
        assert response.status_code == (200 if row is public else 404)
    for path in ("/", "/reports/"):
        assert set(stories(read(client, path))[1:]) == {public.title}


def test_a_published_report_appears_at_once_and_a_withdrawn_one_is_gone(
    client: Client, write: Write
) -> None:
    report = write(draft=True)
    assert client.get(at_address(report)).status_code == 404
    publish(report)
    assert report.title in read(client, "/").one("h1").text
    withdraw(report)
    assert client.get(at_address(report)).status_code == 404
    assert stories(read(client, "/reports/")) == []


def test_staff_read_a_report_in_review_and_nobody_may_keep_a_copy(
    client: Client, editor: Client, write: Write
) -> None:
    report = write(draft=True)
    response = editor.get(at_address(report, "en"))
    page = Page(response.content)
    assert "Preview: this report is not public (in review)." in page.text
    assert page.one("meta", name="robots").get("content") == "noindex"
    assert not page.all("link", rel="canonical")
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    vietnamese = read(editor, at_address(report))
    assert "Xem trước: báo cáo chưa công khai (chờ duyệt)." in vietnamese.text
    publish(report)
    public = editor.get(at_address(report))
    assert "Xem trước" not in public.content.decode()


def test_a_preview_is_for_staff_who_may_see_reports(write: Write) -> None:
    draft = at_address(write(draft=True))
    reader = get_user_model().objects.create(username="reader")
    reader.user_permissions.set(Permission.objects.filter(codename="view_report"))
    assert signed_in(reader).get(draft).status_code == 404
    assert signed_in(staff("minh")).get(draft).status_code == 404
    assert signed_in(staff("lan", "view_report")).get(draft).status_code == 200


def test_a_report_without_english_is_shown_in_vietnamese_and_says_so(
    client: Client, report: Report
) -> None:
    fields = ("title_en", "summary_en", "html_content_en")
    Report.objects.update(**dict.fromkeys(fields, ""), document_en=None)
    page = read(client, at_address(report, "en"))
    assert "not been translated into English yet" in page.text
    assert page.one("article").get("lang") == "vi"
    assert "Diễn biến chính" in page.text
    vietnamese = f"http://localhost:8000{at_address(report)}"
    assert page.one("link", rel="canonical").get("href") == vietnamese
    assert page.all("link", rel="alternate", hreflang="en") == []
    assert page.all("a", hreflang="vi")  # the switch stays
    assert read(client, "/en/").one("article").get("lang") == "vi"
    assert read(client, "/en/reports/").one("h3").get("lang") == "vi"


def test_a_reviewer_is_named_and_a_writer_that_is_a_model_too(
    client: Client, report: Report
) -> None:
    user = get_user_model().objects.create(username="lan", first_name="Lan", last_name="Trần")
    Report.objects.update(writer="gemini", reviewed_by=user)
    page = read(client, at_address(report, "en"))
    assert "Written by Gemini; reviewed by Lan Trần" in page.text


def test_a_reviewer_without_a_full_name_is_not_given_away(client: Client, report: Report) -> None:
    user = get_user_model().objects.create(username="night-desk")
    Report.objects.update(reviewed_by=user)
    page = read(client, at_address(report, "en"))
    assert "reviewed by an editor" in page.text
    assert "night-desk" not in page.text


def test_no_header_tells_whether_a_hidden_report_exists(client: Client, report: Report) -> None:
    Report.objects.update(status=Report.Status.ARCHIVED)
    hidden, absent = client.get(at_address(report)), client.get("/reports/none-such/")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.headers["Vary"] == absent.headers["Vary"]


def test_an_address_that_looks_like_another_host_links_to_none(
    client: Client, report: Report
) -> None:
    page = client.get("//evil.example/reports/").content.decode()
    assert "//evil.example" not in page


def test_figures_that_did_not_match_are_not_called_matched(client: Client, report: Report) -> None:
    Report.objects.update(verification={"figures": 10, "matched": 9})
    chip = read(client, at_address(report)).all("a", class_="chip")[0]
    assert chip.text == "9/10 số liệu, nhận định có bằng chứng"
    assert "ok" not in chip.attributes["class"].split()


def test_simulated_numbers_are_called_so_wherever_the_report_is_named(
    client: Client, report: Report
) -> None:
    Report.objects.update(simulated=True)
    for path in ("/", "/reports/", at_address(report)):
        assert "mô phỏng" in read(client, path).text
        assert "simulated" in read(client, f"/en{path}").text


def test_the_contents_show_a_heading_as_it_reads_in_the_article(
    client: Client, report: Report
) -> None:
    heading = 'Mốc <a class="fig" href="#n-x"><data value="1">1.768,12</data></a> &amp; &lt;hơn&gt;'
    Report.objects.update(
        html_content=f'<section id="a"><h2 id="h-a">{heading}</h2></section>'
        '<section id="b"><h2 id="h-b">B</h2></section>'
    )
    page = read(client, at_address(report))
    links = {item.attributes["href"]: item.text for item in page.all("a")}
    assert (links["#a"], links["#b"]) == ("Mốc 1.768,12 & <hơn>", "B")


def test_hostile_titles_stay_text(client: Client, archive: Archive) -> None:
    archive(1)
    hostile = "<script>alert(1)</script>\"'>&{{ VN-Index }}"
    Report.objects.update(title=hostile, summary=hostile, title_en=hostile, summary_en=hostile)
    for path in ("/", "/en/reports/", "/reports/older-1/"):
        page = read(client, path)
        assert all(
            item.get("src") or item.get("type") == "application/ld+json"
            for item in page.all("script")
        )
        assert hostile in page.text


@pytest.mark.parametrize("path", ["/", "/reports/", "/en/reports/older-1/"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    client: Client, archive: Archive, path: str
) -> None:
    (row,) = archive(1)
    few = queries(client, path)
    copies = []
    for number in range(60):
        copy = Report.objects.get(pk=row.pk)
        copy.pk, copy.slug = None, f"more-{number}"
        assert copy.published_at
        copy.published_at += timedelta(minutes=number + 1)
        copies.append(copy)
    Report.objects.bulk_create(copies)
    many = queries(client, path)
    assert len(many) == len(few) <= 9


def test_lists_leave_the_large_columns_in_the_database(client: Client, archive: Archive) -> None:
    archive(5)
    for path in ("/reports/", "/reports/2026/08/"):
        assert named_large_columns(queries(client, path)) == set()
    home = [sql for sql in queries(client, "/") if "LIMIT 6" in sql]
    assert len(home) == 1
    assert named_large_columns(home) == set()
    detail = [sql for sql in queries(client, "/reports/older-2/") if "slug" in sql]
    neighbours = [sql for sql in detail if '"slug" =' not in sql]
    assert len(neighbours) == 3  # before, after, and those of the same time of day
    assert named_large_columns(neighbours) == set()


def test_pages_leave_what_only_other_programs_need_in_the_database(
    client: Client, report: Report
) -> None:
    portable = {"css_content", "js_content", "js_content_en"}
    assert not named_large_columns(queries(client, "/")) & portable
    detail = named_large_columns(queries(client, at_address(report)))
    assert detail == {"html_content", "html_content_en"}


def named_large_columns(statements: list[str]) -> set[str]:
    found = re.findall(r'"reports_report"\."(\w+)"', " ".join(statements))
    return set(found) & set(LARGE_FIELDS)


def test_a_public_page_needs_no_session(client: Client, report: Report) -> None:
    for path in ("/", "/reports/", at_address(report)):
        response = client.get(path)
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")
        assert not [sql for sql in queries(client, path) if "django_session" in sql]


def test_the_strip_on_every_page_tells_the_script_what_it_needs(
    client: Client, report: Report
) -> None:
    strip = read(client, at_address(report)).one("div", class_="strip")
    assert strip.get("data-strip") == "/api/v1/market/indices"
    assert strip.get("data-made") == "2026-08-21T08:10:00+00:00"
    assert strip.get("data-next") == "2026-08-21T08:13:00+00:00"
    assert strip.get("data-age") == "{age} trước"
    assert json.loads(strip.attributes["data-sessions"])["lunch"] == "Nghỉ trưa"
