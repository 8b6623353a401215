"""The old `articles` endpoints: their shapes, who may do what, and that nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from reports import articles_api, tokens
from reports.models import Report
from tests.pages import address, read
from tests.people import editor, staff, superuser

pytestmark = pytest.mark.django_db

OLD_SHAPES = Path(__file__).parents[1] / "fixtures" / "old_system"
ARTICLES = "/api/v1/articles/"
NEW = {
    "title": "  FPT lập đỉnh\tmới ",
    "content": "<h1>Vì sao</h1><p onclick='x()'>Cổ phiếu <b>FPT</b></p><script>alert(1)</script>",
    "summary": "Phiên thứ ba liên tiếp.",
    "symbol": "FPT",
    "report_type": "daily",
}


@pytest.fixture(autouse=True)
def now(at: Callable[[str], None], settings: Settings) -> None:
    at("2026-08-21T08:10:00Z")
    settings.API_WRITES_PER_MINUTE = 1000


@pytest.fixture
def program() -> dict[str, str]:
    """A token that writes articles, of an editor, who may publish: the token may not."""
    return bearer(editor(), "articles")


def bearer(user: User, *scopes: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.issue(user, 'test', scopes)[1]}"}


def call(
    method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> HttpResponse:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return Client(enforce_csrf_checks=True).generic(
        method.upper(), path, text if body is not None else "", "application/json",
        headers=headers or {},
    )  # fmt: skip


def add(headers: dict[str, str], **fields: Any) -> dict[str, Any]:
    response = call("post", ARTICLES, NEW | fields, headers)
    assert response.status_code == 201, response.content
    found: dict[str, Any] = response.json()
    return found


def one(number: int) -> str:
    return f"{ARTICLES}{number}"


def test_an_article_is_written_read_changed_published_and_deleted_as_before(
    program: dict[str, str], client: Client
) -> None:
    old = json.loads((OLD_SHAPES / "article.json").read_text(encoding="utf-8"))
    article = add(program)
    assert list(article) == list(old)
    assert article["title"] == "FPT lập đỉnh mới"
    assert article["is_published"] is False
    assert article["created_at"] == "2026-08-21T08:10:00Z"
    content = article["content"]
    assert "<b>FPT</b>" in content
    assert not any(part in content for part in ("script", "alert", "onclick", "<h1"))

    changed = call("put", one(article["id"]), article | {"summary": None}, program)
    assert changed.status_code == 200
    assert changed.json()["summary"] is None
    assert changed.json()["content"] == content  # what came from here goes back unchanged

    both = bearer(User.objects.get(username="lan"), "articles", "publish")
    published = call("post", f"{one(article['id'])}/publish", headers=both)
    assert published.status_code == 200
    assert published.json()["message"] == "Article published successfully"
    assert published.json()["article"] == client.get(one(article["id"])).json()
    report = Report.objects.get()
    assert (report.is_public, report.origin, report.reviewed_by.get_username()) == (
        True, "editor", "lan",
    )  # fmt: skip
    page = read(client, address("report-detail", "vi", report.slug))
    assert page.one("h1").text == "FPT lập đỉnh mới"
    assert call("post", f"{one(article['id'])}/publish", headers=both).status_code == 200

    chief = bearer(superuser(), "articles", "publish")
    assert call("delete", one(article["id"]), headers=both).status_code == 403
    assert call("delete", one(article["id"]), headers=chief).status_code == 204
    for method in ("get", "put", "delete"):
        gone = call(method, one(article["id"]), {}, chief)
        assert (gone.status_code, gone.json()) == (404, {"detail": "Article not found"})
    history = LogEntry.objects.filter(object_id=str(report.pk)).order_by("pk")
    flags = list(history.values_list("user__username", "action_flag"))
    assert flags == [("lan", 1), ("lan", 2), ("lan", 2), ("chief", 3)]


def test_lists_are_bare_arrays_newest_first_with_the_old_filters(
    program: dict[str, str],
) -> None:
    first = add(program, symbol="VNM", report_type="weekly")
    second = add(program)
    third = add(program, symbol="VNM")

    def listed(query: str) -> list[int]:
        response = call("get", f"{ARTICLES}?{query}", headers=program)
        return [article["id"] for article in response.json()]

    assert listed("") == [third["id"], second["id"], first["id"]]
    assert listed("skip=1&limit=1") == [second["id"]]
    assert listed("symbol=VNM&report_type=weekly") == [first["id"]]
    assert call("get", "/api/v1/articles", headers=program).status_code == 200
    for query in ("limit=0", "limit=101", "skip=-1", "skip=x", "symbol=%00"):
        assert call("get", f"{ARTICLES}?{query}", headers=program).status_code == 422


def test_the_public_sees_only_what_is_public_and_no_cache_mixes_the_two(
    program: dict[str, str], client: Client
) -> None:
    draft = add(program)
    chief = bearer(superuser(), "articles", "publish")
    public = add(chief, title="Công khai", is_published=True)
    assert [article["id"] for article in client.get(ARTICLES).json()] == [public["id"]]
    assert client.get(one(draft["id"])).json() == {"detail": "Article not found"}
    for headers in (program, {}):
        response = call("get", ARTICLES, headers=headers)
        assert "private" in response["Cache-Control"]
        assert "Authorization" in response["Vary"]
    assert len(call("get", ARTICLES, headers=program).json()) == 2
    assert len(call("get", ARTICLES, headers={"Authorization": "Bearer mks_no"}).json()) == 1
    unseen = bearer(staff("reports.add_run", name="other"), "articles")
    assert len(call("get", ARTICLES, headers=unseen).json()) == 1


def test_a_report_of_a_run_is_no_article(program: dict[str, str], client: Client) -> None:
    article = add(program)
    Report.objects.update(origin=Report.Origin.WRITER)
    assert call("get", one(article["id"]), headers=program).status_code == 404
    assert call("put", one(article["id"]), {"title": "x"}, program).status_code == 404
    assert call("get", ARTICLES, headers=program).json() == []
    Report.objects.update(origin=Report.Origin.IMPORTED)
    assert len(call("get", ARTICLES, headers=program).json()) == 1


def test_each_change_takes_its_scope_and_its_permission(program: dict[str, str]) -> None:
    article = add(program)
    path = one(article["id"])
    lan = User.objects.get(username="lan")
    calls = [("post", ARTICLES, NEW), ("put", path, {"title": "x"}), ("delete", path, None)]
    for method, place, body in calls:
        assert call(method, place, body).status_code == 401
        assert call(method, place, body, bearer(lan, "generate", "publish")).status_code == 403
        nobody = bearer(staff("reports.view_report", name=f"n-{method}"), "articles")
        assert call(method, place, body, nobody).status_code == 403
    assert call("post", f"{path}/publish", headers=program).status_code == 403
    assert call("post", ARTICLES, NEW | {"is_published": True}, program).status_code == 403
    assert call("put", path, {"is_published": True}, program).status_code == 403
    client = Client(enforce_csrf_checks=True)
    client.force_login(lan)
    assert client.put(path, {"title": "x"}, "application/json").status_code == 403  # no CSRF token
    assert Report.objects.get().title == "FPT lập đỉnh mới"
    assert Report.objects.count() == 1


def test_a_public_article_is_changed_and_withdrawn_only_with_the_right_to_publish(
    program: dict[str, str], client: Client
) -> None:
    chief = bearer(superuser(), "articles", "publish")
    path = one(add(chief, is_published=True)["id"])
    for body in ({"title": "Khác"}, {"is_published": False}):
        assert call("put", path, body, program).status_code == 403
    assert call("put", path, {"title": "FPT lập đỉnh mới"}, program).status_code == 200  # the same
    assert call("put", path, {"title": "Khác"}, chief).json()["title"] == "Khác"
    withdrawn = call("put", path, {"is_published": False}, chief).json()
    assert withdrawn["is_published"] is False
    assert client.get(path).status_code == 404
    assert call("put", path, {"is_published": True}, chief).json()["is_published"] is True


def test_a_program_that_says_what_it_read_replaces_nothing_newer(
    program: dict[str, str],
) -> None:
    article = add(program)
    path = one(article["id"])
    etag = call("get", path, headers=program)["ETag"]
    first = call("put", path, {"title": "Một"}, {**program, "If-Match": etag})
    assert first.status_code == 200
    late = call("put", path, {"title": "Hai"}, {**program, "If-Match": etag})
    assert late.status_code == 412
    late = call("put", path, {"title": "Hai", "updated_at": article["updated_at"]}, program)
    assert late.status_code == 409
    assert call("get", path, headers=program).json()["title"] == "Một"
    fresh = {**program, "If-Match": first["ETag"]}
    seen = first.json()["updated_at"]
    assert call("put", path, {"title": "Ba", "updated_at": seen}, fresh).status_code == 200
    assert call("put", path, {"title": "Bốn"}, program).status_code == 200  # the last word counts
    said = list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))
    assert len(said) == 4
    again = call("get", path, headers={**program, "If-None-Match": etag})
    assert again.status_code == 200
    current = {**program, "If-None-Match": again["ETag"]}
    assert call("get", path, headers=current).status_code == 304


@pytest.mark.parametrize(
    "body",
    [
        {"title": ""},
        {"title": " \u00a0 "},
        {"title": "x" * 201},
        {"title": 7},
        {"title": "x", "symbol": "ĐẦU"},
        {"title": "x", "symbol": "A" * 11},
        {"title": "x", "summary": "y" * 1001},
        {"title": "x", "report_type": "<b>"},
        {"title": "x", "is_published": "perhaps"},
        {"title": "x", "content": "<div>" * 1000},
        {"title": "x", "content": '<!-- CHART_DATA: {"type": "cake"} --><div></div>'},
        {"content": "x"},
        [],
        "not json",
    ],
)
def test_what_cannot_be_stored_is_refused_and_said_clearly(
    program: dict[str, str], body: object
) -> None:
    response = call("post", ARTICLES, body, program)
    assert response.status_code in (400, 422), response.content
    assert response.json()["detail"]
    assert not Report.objects.exists()


def test_hostile_text_is_stored_as_text(program: dict[str, str]) -> None:
    article = add(program, title="a\u0000b \\ud800 <i>", summary="{{ x }}", content=None)
    assert (article["title"], article["content"]) == ("a b \\ud800 <i>", None)
    assert add(program, title="c", updated_at=None, id=99, more=1)["id"] != 99
    lone = call("post", ARTICLES, '{"title": "a\\ud800b"}', program)
    assert lone.status_code == 422
    assert call("put", one(2**63), {"title": "x"}, program).status_code == 422
    assert call("get", one(10**30)).status_code == 422


def test_two_of_one_title_have_two_addresses_and_writes_are_counted(
    program: dict[str, str], settings: Settings
) -> None:
    add(program), add(program)
    assert len(set(Report.objects.values_list("slug", flat=True))) == 2
    settings.API_WRITES_PER_MINUTE = 1
    refused = call("delete", one(1), headers=program)
    assert refused.status_code in (403, 429)
    slow = call("put", one(Report.objects.latest("pk").pk), {"title": "x"}, program)
    assert slow.status_code == 429
    assert slow["Retry-After"]


def test_a_list_is_short_where_articles_are_large_and_goes_on_with_what_came(
    program: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(articles_api, "MOST_BYTES", 10_000)
    sizes = (100, 9_000, 5_000, 20_000, 100)
    numbers = [add(program, content=f"<p>{'a' * size}</p>")["id"] for size in sizes]
    answers: list[list[int]] = []
    while not answers or answers[-1]:
        skip = sum(map(len, answers))
        answers.append(
            [row["id"] for row in call("get", f"{ARTICLES}?skip={skip}", headers=program).json()]
        )
    newest = numbers[::-1]
    assert answers == [newest[:1], newest[1:2], newest[2:3], newest[3:], []]


def test_a_list_costs_the_same_however_many_there_are(program: dict[str, str]) -> None:
    counts = []
    for _ in range(2):
        for _ in range(3):
            add(program)
        with CaptureQueriesContext(connection) as captured:
            call("get", ARTICLES, headers=program)
        counts.append(len(captured))
        (select,) = [q["sql"] for q in captured.captured_queries if "summary" in q["sql"]]
        assert "document" not in select
    assert counts[0] == counts[1]
