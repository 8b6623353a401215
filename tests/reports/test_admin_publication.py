"""Publishing, withdrawing, deleting and previewing reports in the admin."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from reports.models import Report
from tests.html import Page
from tests.people import editor, staff, superuser
from tests.reports.admin import TEXTS, change, make_report, signed_in, told, typed, url

pytestmark = pytest.mark.django_db

PUBLIC = "/reports/vn-index/"
Person = Callable[[], User | None]
PEOPLE: dict[str, Person] = {
    "anonymous": lambda: None,
    "staff": staff,
    "viewer": lambda: staff("reports.view_report"),
    "editor": editor,
    "superuser": superuser,
}
LOGIN, DENIED = 302, 403


def visit(person: str) -> Client:
    user = PEOPLE[person]()
    return signed_in(user) if user else Client()


def status(report: Report) -> str:
    return Report.objects.values_list("status", flat=True).get(pk=report.pk)


def public(report: Report) -> int:
    return Client().get(f"/reports/{report.slug}/").status_code


def act(client: Client, action: str, *reports: Report) -> HttpResponse:
    sent = {"action": action, "_selected_action": [report.pk for report in reports]}
    return client.post(url("reports_report_changelist"), sent)


# Publishing


def test_publish_in_the_form_saves_what_is_typed_and_publishes_it_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    report, user = make_report(), editor()
    assert public(report) == 404
    sent = typed(report, title="Tiêu đề duyệt") | {"_publish": "1"}
    response = signed_in(user).post(change(report), sent)
    assert response.status_code == 302
    page = Page(Client().get(PUBLIC).content)
    assert page.one("h1").text == "Tiêu đề duyệt"
    report.refresh_from_db()
    assert report.reviewed_by == user
    assert f"published report={report.pk} user={user.pk}" in caplog.text
    published = LogEntry.objects.get(change_message="Đã đăng.")
    assert (published.user, published.object_id) == (user, str(report.pk))


def test_what_is_refused_by_the_form_is_not_published() -> None:
    report = make_report()
    signed_in(editor()).post(change(report), typed(report, title="") | {"_publish": "1"})
    assert status(report) == "review"


def test_a_text_that_somebody_changed_meanwhile_is_not_published_unread() -> None:
    report = make_report()
    opened = typed(report)
    signed_in(editor("hoa")).post(change(report), opened | {"title": "Của Hoa"})
    signed_in(editor("lan")).post(change(report), opened | {"_publish": "1"})
    assert status(report) == "review"


def test_who_may_edit_but_not_publish_does_neither_with_the_publish_button() -> None:
    report = make_report()
    writer = signed_in(staff("reports.view_report", "reports.change_report"))
    assert "_publish" not in writer.get(change(report)).content.decode()
    response = writer.post(change(report), typed(report, title="Mới") | {"_publish": "1"})
    assert response.status_code == DENIED
    report.refresh_from_db()
    assert (report.title, report.status) == (TEXTS["title"], "review")


def test_who_may_publish_but_not_edit_publishes_what_was_read_and_nothing_newer() -> None:
    report = make_report()
    reviewer = signed_in(staff("reports.view_report", "reports.publish_report"))
    form = Page(reviewer.get(change(report)).content)
    version = form.one("input", type="hidden", name="version").get("value")
    assert version
    signed_in(editor()).post(change(report), typed(report, title="Mới"))
    address = url("reports_report_publish", report.pk)
    assert told(reviewer.post(address, {"version": version})) == [
        "Có người vừa sửa báo cáo này: hãy đọc lại trước đã."
    ]
    assert status(report) == "review"
    reviewer.post(address, {"version": typed(report)["version"]})
    assert status(report) == "published"


@pytest.mark.parametrize(
    ("person", "answer"),
    [("anonymous", LOGIN), ("staff", DENIED), ("viewer", DENIED), ("editor", 302)],
)
def test_only_who_may_publish_does(person: str, answer: int) -> None:
    report = make_report()
    response = visit(person).post(
        url("reports_report_publish", report.pk), {"version": typed(report)["version"]}
    )
    assert response.status_code == answer
    assert status(report) == ("published" if person == "editor" else "review")


def test_a_page_view_publishes_nothing_and_a_foreign_form_neither() -> None:
    report = make_report()
    user = editor()
    address = url("reports_report_publish", report.pk)
    assert signed_in(user).get(address).status_code == 405
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    sent = typed(report) | {"_publish": "1"}
    assert client.post(address, sent).status_code == DENIED
    assert client.post(change(report), sent).status_code == DENIED
    assert client.post(f"{url('reports_report_withdraw')}?report={report.pk}").status_code == DENIED
    assert status(report) == "review"


def test_several_reports_are_published_and_the_message_says_how_many() -> None:
    reports = [
        make_report("one"),
        make_report("two", "archived"),
        make_report("three", "published"),
    ]
    response = act(signed_in(editor()), "publish_selected", *reports)
    assert told(response) == [
        "Đã đăng 2 báo cáo.",
        "1 báo cáo giữ nguyên vì đã đăng từ trước.",
    ]
    assert [public(report) for report in reports] == [200, 200, 200]
    assert LogEntry.objects.count() == 2


def test_actions_are_offered_to_those_who_may_and_refused_to_others() -> None:
    report = make_report()
    viewer = signed_in(staff("reports.view_report"))
    assert "publish_selected" not in viewer.get(url("reports_report_changelist")).content.decode()
    act(viewer, "publish_selected", report)
    act(viewer, "delete_selected", report)
    assert status(report) == "review"


# Withdrawing


def test_withdrawing_asks_first_and_then_the_page_is_gone_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    report, user = make_report(status="published"), editor()
    client = signed_in(user)
    (link,) = [
        link.get("href")
        for link in Page(client.get(change(report)).content).all("a")
        if "/withdraw/" in (link.get("href") or "")
    ]
    assert link
    question = Page(client.get(link).content)
    assert TEXTS["title"] in question.text
    assert public(report) == 200
    response = client.post(link)
    assert response["Location"] == change(report)
    assert told(response) == ["Đã gỡ 1 báo cáo."]
    assert (public(report), status(report)) == (404, "archived")
    assert f"withdrew report={report.pk} user={user.pk}" in caplog.text


@pytest.mark.parametrize(
    ("person", "answer"),
    [("anonymous", LOGIN), ("staff", DENIED), ("viewer", DENIED), ("superuser", 302)],
)
def test_only_who_may_publish_withdraws(person: str, answer: int) -> None:
    report = make_report(status="published")
    address = f"{url('reports_report_withdraw')}?report={report.pk}"
    assert visit(person).post(address).status_code == answer
    assert public(report) == (404 if person == "superuser" else 200)


def test_several_reports_are_withdrawn_after_one_question() -> None:
    reports = [
        make_report("one", "published"),
        make_report("two", "published"),
        make_report("draft"),
    ]
    client = signed_in(editor())
    asked = act(client, "withdraw_selected", *reports)
    assert [public(report) for report in reports] == [200, 200, 404]
    response = client.post(asked["Location"])
    assert told(response) == ["Đã gỡ 2 báo cáo."]
    assert [public(report) for report in reports] == [404, 404, 404]


def test_withdrawing_what_is_not_public_says_so_and_changes_nothing() -> None:
    report = make_report()
    client = signed_in(editor())
    response = client.get(act(client, "withdraw_selected", report)["Location"])
    assert told(response) == ["Không có báo cáo nào đang được đăng."]
    assert status(report) == "review"


def test_a_number_that_no_report_can_have_is_none() -> None:
    address = f"{url('reports_report_withdraw')}?report={'9' * 40}"
    response = signed_in(editor()).get(address)
    assert response["Location"] == url("reports_report_changelist")


def test_too_many_to_withdraw_at_once_are_refused() -> None:
    when = make_report("any").created_at
    copies = [
        Report(slug=f"r-{n}", title="x", status="published", created_at=when, published_at=when)
        for n in range(101)
    ]
    reports = Report.objects.bulk_create(copies)
    response = act(signed_in(editor()), "withdraw_selected", *reports)
    assert told(response) == ["Mỗi lần gỡ tối đa 100 báo cáo."]


def test_a_withdrawn_report_can_be_published_again_with_its_first_time() -> None:
    report = make_report(status="published")
    client = signed_in(editor())
    client.post(f"{url('reports_report_withdraw')}?report={report.pk}")
    client.post(change(report), typed(report) | {"_publish": "1"})
    again = Report.objects.get()
    assert (again.status, again.published_at) == ("published", report.published_at)


# Deleting


def test_a_public_report_cannot_be_deleted_even_by_a_superuser() -> None:
    report = make_report(status="published")
    client = signed_in(superuser())
    page = Page(client.get(change(report)).content)
    assert page.all("a", class_="deletelink") == []
    assert (
        client.post(url("reports_report_delete", report.pk), {"post": "yes"}).status_code == DENIED
    )
    response = act(client, "delete_selected", report, make_report("draft"))
    assert told(response) == [
        "Trong đó có báo cáo đang được đăng. Hãy gỡ chúng trước; chưa xóa gì."
    ]
    assert Report.objects.count() == 2


def test_a_report_that_is_not_public_can_be_deleted_by_those_who_may() -> None:
    report = make_report()
    delete = url("reports_report_delete", report.pk)
    assert signed_in(editor()).post(delete, {"post": "yes"}).status_code == DENIED
    assert signed_in(superuser()).post(delete, {"post": "yes"}).status_code == 302
    assert not Report.objects.exists()


def test_several_reports_are_deleted_after_a_confirmation() -> None:
    reports = [make_report("one"), make_report("two", "archived")]
    client = signed_in(superuser())
    assert act(client, "delete_selected", *reports).status_code == 200
    assert Report.objects.count() == 2
    chosen = {
        "action": "delete_selected",
        "_selected_action": [r.pk for r in reports],
        "post": "yes",
    }
    client.post(url("reports_report_changelist"), chosen)
    assert not Report.objects.exists()


# Preview


def directives(response: HttpResponse) -> dict[str, str]:
    parts = response["Content-Security-Policy"].split(";")
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in parts)}


def test_the_preview_is_the_real_page_in_either_language() -> None:
    report = make_report()
    client = signed_in(editor())
    for language in ("vi", "en"):
        choice = {"language": language, "width": "phone"}
        preview = Page(client.get(url("reports_report_preview", report.pk), choice).content)
        frame = preview.one("iframe")
        assert frame.get("width") == "390"
        page = Page(client.get(str(frame.get("src"))).content)
        assert page.one("html").get("lang") == language
        assert page.one("h1").text == TEXTS["title" if language == "vi" else "title_en"]


def test_only_the_previews_page_may_stand_in_a_frame_and_only_in_ours() -> None:
    report = make_report()
    client = signed_in(editor())
    framed = client.get(url("reports_report_page", report.pk))
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    assert directives(framed)["frame-ancestors"] == "'self'"
    for path in (url("reports_report_preview", report.pk), change(report), PUBLIC, url("index")):
        response = client.get(path)
        assert response["X-Frame-Options"] == "DENY", path
        assert directives(response)["frame-ancestors"] == "'none'", path


def test_the_previews_policy_is_the_sites_own_apart_from_the_frame() -> None:
    report = make_report()
    client = signed_in(editor())
    usual = directives(client.get(change(report)))
    around = directives(client.get(url("reports_report_preview", report.pk)))
    inside = directives(client.get(url("reports_report_page", report.pk)))
    assert around == usual | {"frame-src": "'self'"}
    assert inside == usual | {"frame-ancestors": "'self'"}
    assert "require-trusted-types-for" in usual


@pytest.mark.parametrize("state", ["review", "published"])
def test_the_preview_is_never_cached(state: str) -> None:
    report = make_report(status=state)
    response = signed_in(editor()).get(url("reports_report_page", report.pk))
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("person", "answer"),
    [("anonymous", LOGIN), ("staff", DENIED), ("viewer", 200), ("editor", 200)],
)
@pytest.mark.parametrize("view", ["reports_report_preview", "reports_report_page"])
def test_only_staff_who_may_read_reports_preview_them(view: str, person: str, answer: int) -> None:
    assert visit(person).get(url(view, make_report().pk)).status_code == answer


def test_save_and_preview_shows_what_was_just_typed() -> None:
    report = make_report()
    client = signed_in(editor())
    response = client.post(change(report), typed(report, title="Vừa sửa") | {"_preview": "1"})
    assert response["Location"] == url("reports_report_preview", report.pk)
    assert "Vừa sửa" in client.get(url("reports_report_page", report.pk)).content.decode()


def test_the_public_address_previews_for_those_who_may_read_and_for_nobody_else() -> None:
    make_report()
    response = signed_in(editor()).get(PUBLIC)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert [visit(person).get(PUBLIC).status_code for person in ("anonymous", "staff")] == [
        404,
        404,
    ]


# Who opens which page


@pytest.mark.parametrize(
    ("person", "index", "listing", "form"),
    [
        ("anonymous", LOGIN, LOGIN, LOGIN),
        ("staff", 200, DENIED, DENIED),
        ("viewer", 200, 200, 200),
        ("editor", 200, 200, 200),
        ("superuser", 200, 200, 200),
    ],
)
def test_each_page_opens_for_those_who_may_see_it(
    person: str, index: int, listing: int, form: int
) -> None:
    report = make_report()
    client = visit(person)
    pages = (url("index"), url("reports_report_changelist"), change(report))
    assert [client.get(page).status_code for page in pages] == [index, listing, form]


def test_who_may_only_read_has_no_button_and_cannot_save() -> None:
    report = make_report()
    client = visit("viewer")
    page = Page(client.get(change(report)).content)
    assert [item for item in page.all("input") if item.get("type") == "submit"] == []
    assert client.post(change(report), typed(report, title="Mới")).status_code == DENIED


def test_a_public_text_is_changed_only_by_those_who_may_publish() -> None:
    report = make_report(status=Report.Status.PUBLISHED)
    writer = signed_in(staff("reports.view_report", "reports.change_report"))
    assert writer.post(change(report), typed(report, title="Đổi lén")).status_code == DENIED
    assert Report.objects.get(pk=report.pk).title == report.title
    signed_in(editor()).post(change(report), typed(report, title="Sửa công khai"))
    assert Report.objects.get(pk=report.pk).title == "Sửa công khai"
