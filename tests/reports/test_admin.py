"""The newsroom's lists and the report's form."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from market.models import Bar, Closure, Index, Quote
from reports.editors import GROUP, PERMISSIONS, create_group
from reports.models import (
    DayBudget,
    JobMark,
    ModelCall,
    PageChange,
    PromptVersion,
    ReportCard,
    ReportText,
    Run,
    RunBudget,
    Step,
    Word,
)
from reports.models.report import LARGE_FIELDS
from reports.publishing.publish import publish
from tests.html import Page
from tests.people import editor, staff, superuser
from tests.processes import locked
from tests.reports.admin import TEXTS, change, make_report, signed_in, typed, url

pytestmark = pytest.mark.django_db

# What the site keeps for itself: changes for pages to follow, pictures, searched words, marks.
KEPT_BY_THE_SITE = {PageChange, ReportCard, ReportText, Word}
OURS = {
    *apps.get_app_config("market").get_models(),
    *apps.get_app_config("reports").get_models(),
} - {JobMark, *KEPT_BY_THE_SITE}
LISTS = [
    "market_index",
    "market_quote",
    "market_bar",
    "market_closure",
    "reports_report",
    "reports_run",
    "reports_step",
    "reports_promptversion",
    "reports_daybudget",
    "reports_runbudget",
    "reports_modelcall",
    "auth_user",
    "auth_group",
]
MINUTE = timedelta(minutes=1)


def fill(count: int, start: int = 0) -> None:
    """So many rows of everything that can grow."""
    index = Index.objects.get(code="VNINDEX")
    for number in range(start, start + count):
        report = make_report(f"report-{number}")
        slot = report.created_at + number * MINUTE
        user = editor(f"editor-{number}")
        Group.objects.create(name=f"group-{number}")
        run = Run.objects.create(
            slot=slot,
            trigger="editor",
            requested_by=user,
            heartbeat=slot,
            created_at=slot,
            report=report,
        )
        Step.objects.create(
            run=run, name="write", input_hash="", output={}, seconds=1, attempt=1, finished_at=slot
        )
        PromptVersion.objects.create(
            name="trend", text="$facts", active=number == 0, created_at=slot, created_by=user
        )
        day = f"2026-08-{number + 1:02}"
        DayBudget.objects.create(day=day)
        RunBudget.objects.create(run=run)
        ModelCall.objects.create(run=run, day=day, tokens=1, cost=1, asked_at=slot)
        prices = dict.fromkeys(("open", "high", "low", "close"), 1700)
        Bar.objects.create(index=index, day=day, source="csv", **prices)
        Quote.objects.create(
            index=index, as_of=slot, price=1768, previous_close=1734, source="demo", fetched_at=slot
        )
        Closure.objects.create(day=f"2027-01-{number + 1:02}", changed_by=user)


# Lists


def test_every_model_is_registered_and_users_and_groups_too() -> None:
    url("index")  # loads the addresses, and with them the admin's classes
    assert {*OURS, User, Group} <= set(admin.site._registry)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(name: str) -> None:
    client = signed_in(superuser())
    counts = []
    for start, count in ((0, 2), (2, 12)):
        fill(count, start)
        client.get(url(f"{name}_changelist"))  # session and content types are warm
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(url(f"{name}_changelist")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", [*LISTS, "reports_schedule"])
def test_a_list_is_found_searched_and_shown_in_both_languages(name: str) -> None:
    fill(1)
    client = signed_in(superuser())
    words = {} if name == "reports_schedule" else {"q": "vn"}
    for language in ("vi", "en"):
        path = url(f"{name}_changelist", language=language)
        response = client.get(path, words, follow=True)
        assert response.status_code == 200
        page = Page(response.content)
        assert page.one("html").get("lang") == language
        assert len(page.all("h1")) == 1


@pytest.mark.parametrize("path", ["index", "reports_report_changelist", "reports_run_changelist"])
def test_lists_and_the_first_page_never_load_large_texts(path: str) -> None:
    fill(2)
    client = signed_in(superuser())
    with CaptureQueriesContext(connection) as queries:
        page = client.get(url(path)).content.decode()
    assert TEXTS["title"] in page
    read = " ".join(query["sql"] for query in queries)
    assert [name for name in LARGE_FIELDS if f'."{name}"' in read] == []
    assert '"reports_step"."output"' not in read


def test_the_list_of_steps_leaves_their_outputs_where_they_are() -> None:
    fill(2)
    with CaptureQueriesContext(connection) as queries:
        signed_in(superuser()).get(url("reports_step_changelist"))
    assert '"reports_step"."output"' not in " ".join(query["sql"] for query in queries)


# The form


def test_an_editor_changes_the_texts_in_both_languages_and_readers_see_them_at_once() -> None:
    report = make_report(status="published")
    client = signed_in(editor())
    texts = {
        "title": "Tiêu đề mới",
        "title_en": "A new title",
        "summary": "Sapo mới.",
        "summary_en": "A new summary.",
    }
    response = client.post(change(report), typed(report, **texts))
    assert response.status_code == 302
    for path, title, summary in (
        ("/", "Tiêu đề mới", "Sapo mới."),
        ("/en/", "A new title", "A new summary."),
    ):
        page = Page(Client().get(f"{path}reports/vn-index/").content)
        assert page.one("h1").text == title
        assert summary in page.text


def test_saving_writes_the_changed_columns_and_no_others() -> None:
    report = make_report()
    client = signed_in(editor())
    sent = typed(report, title="Tiêu đề mới")
    with CaptureQueriesContext(connection) as queries:
        client.post(change(report), sent)
    (update,) = [
        query["sql"] for query in queries if query["sql"].startswith('UPDATE "reports_report"')
    ]
    assert '"title"' in update
    assert '"updated_at"' in update
    assert '"html_content"' not in update
    assert '"status"' not in update


def test_what_the_document_made_cannot_be_changed_through_the_form() -> None:
    report = make_report()
    sent = typed(report, title="Mới", html_content="<script>", status="published", slug="x")
    signed_in(editor()).post(change(report), sent)
    report.refresh_from_db()
    assert (report.title, report.html_content) == ("Mới", "<p>Bài viết</p>")
    assert (report.status, report.slug) == ("review", "vn-index")


def test_the_form_shows_the_article_as_text_and_never_as_markup() -> None:
    report = make_report(html_content='<img src="x" class="evil">')
    page = Page(signed_in(editor()).get(change(report)).content)
    assert page.all("img", class_="evil") == []
    assert '<img src="x" class="evil">' in page.one("pre", lang="vi").text


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("title", ""),
        ("title", " \t\u00a0"),
        ("title", "x" * 201),
        ("title_en", ""),
        ("summary", ""),
        ("summary", "x" * 1001),
        ("summary_en", " "),
    ],
)
def test_an_empty_or_overlong_text_is_refused_and_stays_in_the_form(field: str, text: str) -> None:
    report = make_report()
    response = signed_in(editor()).post(change(report), typed(report, **{field: text}))
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    report.refresh_from_db()
    assert getattr(report, field) == TEXTS[field]


def test_the_longest_texts_are_accepted() -> None:
    report = make_report()
    longest = {"title": "đ" * 200, "summary": "ờ" * 1000}
    assert signed_in(editor()).post(change(report), typed(report, **longest)).status_code == 302
    report.refresh_from_db()
    assert {name: getattr(report, name) for name in longest} == longest


def test_a_report_without_english_article_needs_no_english_texts() -> None:
    report = make_report(html_content_en="", title_en="", summary_en="")
    response = signed_in(editor()).post(change(report), typed(report, title="Mới"))
    assert response.status_code == 302


def test_a_number_stays_with_its_unit_when_another_text_is_changed() -> None:
    kept = "Vùng hỗ trợ 1.750,00\u00a0điểm."
    report = make_report(summary=kept)
    client = signed_in(editor())
    with CaptureQueriesContext(connection) as queries:
        client.post(change(report), typed(report, title="Mới"))
    (update,) = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    assert '"summary"' not in update
    report.refresh_from_db()
    assert (report.title, report.summary) == ("Mới", kept)


def test_a_text_is_one_line_of_composed_characters() -> None:
    report = make_report()
    signed_in(editor()).post(
        change(report), typed(report, summary="Chi\u0309 so\u0302\u0301 \r\n tăng")
    )
    report.refresh_from_db()
    assert report.summary == "Chỉ số tăng"


# Two editors at once


def test_what_somebody_else_saved_meanwhile_is_not_overwritten_and_nothing_is_lost() -> None:
    report = make_report()
    first, second = signed_in(editor("lan")), signed_in(editor("hoa"))
    opened = typed(report)
    first.post(change(report), opened | {"title": "Của Lan"})
    response = second.post(change(report), opened | {"title": "Của Hoa", "summary": "Sapo của Hoa"})
    page = Page(response.content)
    assert "lan" in page.one("ul", class_="nonfield").text
    assert page.one("input", name="title").get("value") == "Của Hoa"
    beside = [item.text for item in page.all("li") if item.text.startswith("Đang lưu")]
    assert beside == ["Đang lưu: Của Lan", f"Đang lưu: {TEXTS['summary']}"]
    report.refresh_from_db()
    assert (report.title, report.summary) == ("Của Lan", TEXTS["summary"])


def test_saving_again_after_that_warning_replaces_it_knowingly() -> None:
    report = make_report()
    client = signed_in(editor())
    opened = typed(report)
    client.post(change(report), opened | {"title": "Một"})
    refused = Page(client.post(change(report), opened | {"title": "Hai"}).content)
    version = refused.one("input", name="version").get("value")
    assert (
        client.post(change(report), opened | {"title": "Hai", "version": version}).status_code
        == 302
    )
    report.refresh_from_db()
    assert report.title == "Hai"


def test_a_form_from_before_the_publication_is_not_saved_unseen() -> None:
    report = make_report()
    opened = typed(report)
    publish(report)
    response = signed_in(editor()).post(change(report), opened | {"title": "Mới"})
    assert response.status_code == 200
    report.refresh_from_db()
    assert (report.title, report.status) == (TEXTS["title"], "published")


def test_a_form_without_its_version_is_not_saved() -> None:
    report = make_report()
    sent = typed(report, title="Mới")
    del sent["version"]
    assert signed_in(editor()).post(change(report), sent).status_code == 200
    report.refresh_from_db()
    assert report.title == TEXTS["title"]


def test_of_two_saves_at_the_same_instant_one_is_refused(committed: None) -> None:
    report = make_report()
    clients = [signed_in(editor("lan")), signed_in(editor("hoa"))]
    opened = typed(report)

    def save(client: Client) -> int:
        try:
            return client.post(change(report), opened | {"title": str(id(client))}).status_code
        finally:
            connection.close()

    with locked("reports_report", "EXCLUSIVE") as lock, ThreadPoolExecutor(2) as pool:
        release = threading.Thread(target=lambda: (lock.waiting(2), lock.release()))
        release.start()
        answers = sorted(pool.map(save, clients))
        release.join()
    assert answers == [200, 302]
    assert LogEntry.objects.count() == 1


# Editors


def test_editors_have_what_they_need_and_no_more() -> None:
    granted = set(editor().get_all_permissions())
    assert granted == {f"{app}.{name}" for app, names in PERMISSIONS.items() for name in names}
    assert "reports.publish_report" in granted
    assert not any("user" in name or "delete_report" in name for name in granted)


def test_the_group_is_made_once_and_then_belongs_to_the_administrators() -> None:
    group = Group.objects.get(name=GROUP)
    group.permissions.remove(Permission.objects.get(codename="publish_report"))
    create_group()
    assert not group.permissions.filter(codename="publish_report").exists()


def test_staff_without_permission_see_no_reports_and_no_runs_on_the_first_page() -> None:
    make_report()
    page = Page(signed_in(staff()).get(url("index")).content)
    assert TEXTS["title"] not in page.text
    assert page.all("form", class_="ask") == []
    assert page.one("section", aria_labelledby="desk-numbers")
