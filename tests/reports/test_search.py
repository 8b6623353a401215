"""Searching the reports: what is found, in which order, how it is shown, and what it costs."""

from __future__ import annotations

import re
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports import folding, indexing, search
from reports.folding import fold, plain_text
from reports.listing import Cursor, Filters
from reports.models import Report, ReportText, Word
from reports.publishing.publish import publish, withdraw
from tests.html import Page
from tests.pages import read

NEWEST = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)
PAGE = "/reports/"


@pytest.fixture(autouse=True)
def now(db: None, at: Any) -> None:
    at("2026-08-21T08:10:00Z")


def make(number: int, title: str = "", body: str = "", **fields: Any) -> Report:
    """The report of so many days ago."""
    when = NEWEST - timedelta(days=number)
    usual = {
        "title": title or f"Bài {number}",
        "html_content": f"<section><h2>Mục</h2><p>{body}</p></section>",
        "status": "published",
        "created_at": when,
        "published_at": when,
    }
    slug = fields.pop("slug", f"report-{number}")
    return Report.objects.create(slug=slug, **usual | fields)


def found(text: str, language: str = "vi", **filters: Any) -> list[str]:
    """The titles of the matches, in their order."""
    matches = search.ranked(search.parse(text), language, Filters(**filters)).matches
    titles = Report.objects.in_bulk([match.report_id for match in matches])
    return [titles[match.report_id].title for match in matches]


def results(client: Client, text: str, path: str = PAGE, **more: object) -> Page:
    return read(client, f"{path}?{urlencode({'q': text, **more})}")


def marks(page: Page) -> list[str]:
    return [item.text for item in page.all("mark")]


# Folding


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Thị trường", "thi truong"),
        ("ĐƯỜNG ĐI", "duong di"),
        ("VN-Index: +1,95%", "vn index   1 95 "),
        ("İstanbul ß", "istanbul ß"),
        ("日本 ไทย", "日本 ไทย"),
    ],
)
def test_folding_is_one_character_for_one(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert len(folded) == len(text)


def test_every_character_there_is_folds_to_one() -> None:
    every = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    assert len(fold(every)) == len(every)
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, "Thị trường chứng khoán Việt Nam")
        assert fold(folding.composed(text)) == "thi truong chung khoan viet nam"


def test_a_pattern_matches_whole_words_and_a_beginning_only_where_a_word_begins() -> None:
    text = "am tam tamtam\ntam  giac tamgiac"
    assert folding.occurrences(text, [folding.pattern(["tam"])]) == [(3, 6), (14, 17)]
    assert folding.occurrences(text, [folding.pattern(["tam", "giac"])]) == [(14, 23)]
    assert folding.occurrences(text, [folding.pattern(["tam"], prefix=True)]) == [
        (3, 6), (7, 10), (14, 17), (24, 27),
    ]  # fmt: skip


def test_the_words_of_an_article_are_what_a_reader_reads_of_it() -> None:
    html = (
        "<h2>Mục&nbsp;1</h2><p>Điểm <a class='fig' data-source='a > b'><data>1.768,12</data></a>"
        " &amp; hơn<sup><a>1</a></sup>.</p><svg><text>trục<svg><text>x</text></svg>y</text></svg>"
        "<details><summary>Số</summary><table><td>9</td></table></details>"
        "<!-- ẩn --><ul><li>Một</li><li>Hai<br>Ba</li></ul><b>Tên</b><span>16%</span>"
    )
    assert plain_text(html) == "Mục 1\nĐiểm 1.768,12 & hơn .\nMột\nHai\nBa\nTên 16%"
    assert len(plain_text("<p>" + "dài " * 90_000)) == folding.LONGEST_BODY


# Asking


def test_marks_and_capitals_do_not_matter() -> None:
    make(1, "Một", "Thị trường chứng khoán đi ngang")
    make(2, "Hai", "Thi trấn bình yên")
    for text in ("thị trường", "thi truong", "THỊ TRƯỜNG", "trương thí", "di ngang thi"):
        assert found(text) == ["Một"], text
    decomposed = unicodedata.normalize("NFD", "thị trường")
    assert found(decomposed) == ["Một"]


def test_words_quotes_exclusions_figures_and_beginnings() -> None:
    make(1, "Một", "VN-Index tăng 33,88 điểm lên 1.768,12")
    make(2, "Hai", "Điểm tăng của HNX-Index là 12, mã 768")
    assert found("tăng điểm") == ["Một", "Hai"]
    assert found('"tăng của"') == ["Hai"]
    assert found("“điểm tăng”") == ["Hai"]
    assert found("tăng -hnx") == ["Một"]
    assert found('tăng -"điểm lên"') == ["Hai"]
    assert found("1.768,12") == ["Một"]  # a figure is no heap of digits
    assert found("768 12") == ["Một", "Hai"]
    assert found("vn-index") == ["Một"]
    assert found("tăng hnx-ind") == ["Hai"]  # the last word may be a beginning
    assert found('"hnx ind"') == []
    assert found("-tăng") == []


def test_a_beginning_finds_every_word_that_begins_so_alone_and_in_a_phrase() -> None:
    make(1, "Một", "lợi nhuận trước thuế")
    make(2, "Hai", "lợi nhuận trung bình")
    make(3, "Ba", "lỗ trước thuế")
    assert found("tru") == ["Một", "Hai", "Ba"]
    assert found("nhuận truo") == ["Một"]
    assert found('"nhuận tru') == ["Một", "Hai"]
    assert found("lợi -thuế tru") == ["Hai"]
    assert found("trx") == []


def test_the_words_to_complete_from_are_kept_by_the_database_itself() -> None:
    report = make(1, "Một", "lợi nhuận")
    assert Word.objects.filter(text="nhuan").exists()
    assert not Word.objects.filter(text__contains=" ").exists()
    Report.objects.filter(pk=report.pk).update(html_content="<p>doanh thu</p>")
    indexing.index(report.pk)
    assert found("doa") == ["Một"]
    Word.objects.all().delete()
    with connection.cursor() as cursor:
        migration = import_module("reports.migrations.0011_tags_before_words")
        cursor.execute(migration.FILLING)
    assert found("doa") == ["Một"]
    assert found("nhu") == []


@pytest.mark.usefixtures("committed")
def test_two_that_save_several_reports_each_do_not_wait_for_each_others_words() -> None:
    make(0, "Một, hai")
    met = threading.Barrier(2, timeout=30)

    def save(number: int, title: str, *bodies: str) -> None:
        with closing(connection), transaction.atomic():
            make(number, title, bodies[0], status="draft", published_at=None)
            met.wait()  # each has brought a word that the other one brings next
            make(number + 1, title, bodies[1], status="draft", published_at=None)
            met.wait()

    with ThreadPoolExecutor(2) as threads:
        both = [
            threads.submit(save, 1, "Một", "trước thuế", "lợi nhuận"),
            threads.submit(save, 3, "Hai", "lợi nhuận", "trước thuế"),
        ]
        assert [one.result() for one in both] == [None, None]
    assert Word.objects.filter(text="nhuan").count() == 2  # neither could see the other's
    Report.objects.update(status="published", published_at=NEWEST)
    assert sorted(found("nhua")) == sorted(found("thue")) == ["Hai", "Một"]
    make(5, "Ba", "lợi nhuận")
    assert Word.objects.filter(text="nhuan").count() == 2
    assert search._completed(search.parse("nhua").by_prefix()).terms[0].completed == ("nhuan",)


def test_a_beginning_of_very_many_words_finds_them_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "MOST_COMPLETED", 2)
    for number, word in enumerate(("trung", "truong", "truoc"), start=1):
        make(number, f"Bài {number}", word)
    assert found("tru") == ["Bài 1", "Bài 2", "Bài 3"]


@pytest.mark.parametrize(
    "text",
    [
        "'", "''", "\\", "' | '", "a:*b", "!!!", "((", "&|!<->", "\x00", "a\x00b", "%s %(x)s",
        '"', '"" ""', "-", "--", '-"', "𝕏 🙂", "\u202e\ufeff", "x" * 10_000, "a " * 5_000,
        '"' + "b " * 500, "'; DROP TABLE reports_report; --", "\ud800", "e\u0301" * 300, "0x1f 1e5",
    ],
)  # fmt: skip
def test_whatever_is_typed_is_answered(client: Client, text: str) -> None:
    make(1, "Một", "a b x")
    query = search.parse(text)
    assert len(query.text) <= search.LONGEST_QUERY
    assert sum(len(term.words) for term in query.terms) <= search.MOST_WORDS
    search.ranked(query, "vi", Filters())
    if "\ud800" not in text:
        page = results(client, text)
        assert page.all("script") == [item for item in page.all("script") if item.get("src")]


def test_words_are_looked_up_as_they_are_stored() -> None:
    odd = ["0e0d", "1e5", "0x1f", "12abc", "λόγος", "ไทย", "日本", "x" * 60, "𝕏𝕐"]
    make(1, "Một", " ".join(odd))
    for word in odd:
        assert found(word) == ["Một"], word
    assert found('"1e5 0x1f"') == ["Một"]


def test_a_text_beyond_all_bounds_is_stored_and_its_beginning_found() -> None:
    make(1, "Một", "".join(f"{chr(0x1D400 + n % 50)}{chr(0x20000 + n)} " for n in range(40_000)))
    assert found("\U0001d400\U00020000") == ["Một"]


# Finding


def test_a_title_counts_for_more_than_a_summary_and_that_for_more_than_the_text() -> None:
    make(1, "Chữ", "Lãi suất giảm")
    make(2, "Sapo", summary="Lãi suất giảm nhẹ")
    make(3, "Lãi suất giảm")
    make(4, "Lãi suất giảm sâu")
    make(5, "Chữ cũ", "Lãi suất giảm")
    assert found("lãi suất") == ["Lãi suất giảm", "Lãi suất giảm sâu", "Sapo", "Chữ", "Chữ cũ"]


def test_what_is_found_is_what_is_public() -> None:
    report = make(1, "Một", "cổ tức", status="draft", published_at=None)
    assert found("cổ tức") == []
    publish(report)
    assert found("cổ tức") == ["Một"]
    withdraw(report)
    assert found("cổ tức") == []
    publish(report)
    report.html_content = "<p>trái phiếu</p>"
    report.save(update_fields=["html_content"])
    assert (found("cổ tức"), found("trái phiếu")) == ([], ["Một"])
    report.delete()
    assert not ReportText.objects.exists()


def test_each_language_is_searched_in_its_own_texts_or_else_in_the_vietnamese(
    client: Client,
) -> None:
    english = {"title_en": "Banks lead", "summary_en": "Rates", "html_content_en": "<p>Loans</p>"}
    make(1, "Ngân hàng", "tín dụng", **english)
    make(2, "Dầu khí", "lọc dầu")
    assert (found("loans", "en"), found("loans", "vi")) == (["Ngân hàng"], [])
    assert (found("tín dụng", "en"), found("tin dung")) == ([], ["Ngân hàng"])
    assert found("lọc dầu", "en") == ["Dầu khí"]
    page = results(client, "lọc dầu", "/en/reports/")
    assert page.one("p", class_="summary").get("lang") == "vi"
    assert "Banks lead" in results(client, "loans", "/en/reports/").text


def test_filters_and_periods_narrow_the_search() -> None:
    make(0, "Tháng này", "thị trường", symbol="FPT")
    make(40, "Tháng trước", "thị trường", symbol="FPT", report_type="daily")
    make(300, "Năm trước", "thị trường", symbol="VNM")
    make(1300, "Ba năm trước", "thị trường")
    make(4000, "Xưa", "thị trường")
    make(9000, "Rất xưa", "thị trường")
    everything = ["Tháng này", "Tháng trước", "Năm trước", "Ba năm trước", "Xưa", "Rất xưa"]
    assert found("thị trường") == found("thị trường -vắng") == everything
    assert found("thị trường", year=2026) == everything[:2]
    assert found("thị trường", year=2026, month=7) == ["Tháng trước"]
    assert found("thị trường", symbol="FPT") == everything[:2]
    assert found("thị trường", symbol="FPT", report_type="daily") == ["Tháng trước"]
    assert found("thị trường", symbol="ZZZ") == []


def test_a_month_is_vietnams() -> None:
    make(0, "Đêm", "giao thừa", published_at=datetime(2025, 12, 31, 17, 0, tzinfo=UTC))
    assert found("giao thừa", year=2026, month=1) == ["Đêm"]
    assert found("giao thừa", year=2025) == []


def test_the_newest_come_in_pages_that_fit_together() -> None:
    reports = [make(number * 200, body="thị trường") for number in range(12)]
    query, seen, place = search.parse("thị trường"), [], None
    while True:
        page = search.newest(query, "vi", Filters(), 5, place)
        seen += [match.report_id for match in page.matches]
        if not page.more:
            break
        place = Cursor(page.matches[-1].public_at, page.matches[-1].report_id)
    assert seen == [report.pk for report in reports]


def test_a_page_from_the_past_reads_nothing_that_is_newer() -> None:
    reports = [make(number * 400, body="thị trường") for number in range(6)]
    query = search.parse("thị trường")

    def older_than(moment: datetime) -> list[int]:
        page = search.newest(query, "vi", Filters(), 2, Cursor(moment, 1))
        return [match.report_id for match in page.matches]

    with CaptureQueriesContext(connection) as captured:
        assert older_than(reports[2].published_at) == [reports[3].pk, reports[4].pk]
    (sql,) = [q["sql"] for q in captured.captured_queries]
    assert "vi:2024-06" in sql
    assert "vi:2026" not in sql
    assert older_than(datetime(9999, 12, 31, 23, tzinfo=UTC)) == [reports[0].pk, reports[1].pk]
    assert older_than(datetime(1, 1, 1, tzinfo=UTC)) == []


def test_reports_that_were_there_before_are_found_after_the_migration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = make(1, "Một", "cổ tức")
    ReportText.objects.all().delete()
    migration = import_module("reports.migrations.0010_index_reports")
    migration.index_reports(apps, None)
    assert found("cổ tức") == ["Một"]
    texts = list(ReportText.objects.order_by("pk").values("body", "folded", "written_in", "tags"))
    ReportText.objects.all().delete()
    call_command("index_reports", "--missing")
    assert capsys.readouterr().out == "1 reports indexed\n"
    again = list(ReportText.objects.order_by("pk").values("body", "folded", "written_in", "tags"))
    assert texts == again
    Report.objects.filter(pk=report.pk).update(title="Hai cổ phiếu")
    call_command("index_reports", "--missing")
    assert found("cổ phiếu") == []
    call_command("index_reports")
    assert found("cổ phiếu") == ["Hai cổ phiếu"]


def test_the_migrations_of_indexes_and_words_go_both_ways_and_take_their_time() -> None:
    make(1, "Một", "lợi nhuận")
    for target, name, columns in (
        ("0011", "report_words", "tags, vector"),
        ("0010", "report_words", "vector, tags"),
        ("0011", "report_words", "tags, vector"),
        ("0013", "report_words_vi", "tags, vector"),
    ):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is open bars changes of a table
            cursor.execute("SET LOCAL statement_timeout = '29s'")
        call_command("migrate", "reports", target, verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("0",)
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
            ((definition,),) = cursor.fetchall()
            assert f"gin ({columns})" in definition
        if target == "0011":
            assert found("nhu") == ["Một"]
            make(Report.objects.count() + 1, "Nữa", "doanh thu")
    assert (found("nhu"), found("doa")) == (["Một"], ["Nữa", "Nữa"])


# The page


def test_the_words_are_marked_in_the_original_text(client: Client) -> None:
    body = (
        "Mở đầu rất dài. " * 40
        + "Nhà đầu tư thấy <b>Thị trường</b> &lt;lớn&gt; lên. "
        + "Hết. " * 90
    )
    make(1, "Thị trường & <mọi người>", body)
    page = results(client, "thi truong")
    assert marks(page) == ["Thị", "trường", "Thị", "trường"]
    (summary,) = page.all("p", class_="summary")
    assert "Nhà đầu tư thấy Thị trường <lớn> lên." in summary.text
    assert summary.text.startswith("… ")
    assert summary.text.endswith(" …")
    assert len(summary.text) < 400
    assert page.one("h3").text == "Thị trường & <mọi người>"
    assert marks(results(client, '"truong lon"')) == ["trường <lớn"]


def test_a_search_keeps_its_words_and_its_language_and_is_not_indexed(client: Client) -> None:
    make(1, "Một", "cổ tức", symbol="FPT")
    page = results(client, 'cổ "tức" &', symbol="FPT")
    assert page.one("input", type="search").get("value") == 'cổ "tức" &'
    assert page.one("form", role="search").get("action") == PAGE
    assert page.one("input", type="hidden").get("value") == "FPT"
    query = urlencode({"q": 'cổ "tức" &', "symbol": "FPT"})
    alternates = {
        item.get("hreflang"): item.get("href") for item in page.all("link", rel="alternate")
    }
    assert alternates["en"] == f"http://localhost:8000/en/reports/?{query}"
    assert [item.get("href") for item in page.all("a", hreflang="en")] == [f"/en/reports/?{query}"]
    assert page.one("a", class_="clear").get("href") == "/reports/?symbol=FPT"
    assert "noindex" in str(page.one("meta", name="robots").get("content"))
    assert read(client, PAGE).all("meta", name="robots") == []


def test_nothing_found_helps_on(client: Client) -> None:
    make(1, "Bài mới nhất", symbol="FPT")
    page = results(client, '"không có"', "/reports/2026/08/", symbol="FPT")
    assert "Không tìm thấy báo cáo nào" in page.text
    links = [item.get("href") for item in page.all("a")]
    query = urlencode({"q": '"không có"'})
    assert f"/reports/2026/08/?{query}" in links
    assert f"/reports/?{query}&symbol=FPT" in links
    assert "Bài mới nhất" in page.text
    assert "ngoặc kép" in page.text


def test_many_matches_are_paged_and_said_to_be_more(client: Client) -> None:
    for number in range(45):
        make(number, body="thị trường")
    for number, (count, links) in enumerate([(20, 1), (20, 2), (5, 1)], start=1):
        page = results(client, "thị trường", page=number)
        assert len(page.all("h3")) == count
        assert len(page.all("a", rel="prev") + page.all("a", rel="next")) == links
        assert page.one("ol", class_="found").get("start") == str(20 * number - 19)
    assert "45 báo cáo" in page.text
    assert results(client, "thị trường", page=99).one("ol", class_="found").get("start") == "41"
    many = search.newest(search.parse("thị trường"), "vi", Filters(), limit=30)
    assert (len(many.matches), many.more) == (30, True)


def test_a_search_costs_the_same_however_many_there_are_and_reads_no_table_through(
    client: Client,
) -> None:
    counts = []
    results(client, "thị trường")  # fills caches that last
    for step in range(2):
        for number in range(30):
            make(number + step * 100, body="thị trường")
        with CaptureQueriesContext(connection) as captured:
            results(client, "thị trường")
        statements = [q["sql"] for q in captured.captured_queries if "reports_" in q["sql"]]
        counts.append(len(statements))
    assert counts == [3, 3]  # words with their ranks, the reports and their texts
    (sql,) = [sql for sql in statements if '"vector" @@' in sql]
    assert not re.search(r'"(body|folded|html_content)"', sql)
    assert not [sql for sql in statements if '"html_content"' in sql]
    with connection.cursor() as cursor:
        cursor.execute(f"{search.INDEX_ALONE}EXPLAIN {sql.removeprefix(search.INDEX_ALONE)}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert plan.count("Bitmap Index Scan on report_words_vi") == 4  # one for each period
    assert "Seq Scan" not in plan
